import type { TransportInfo } from '@playgraph/server/transport';
import type { GraphQLFormattedError } from 'graphql';

/** What a client asks, by whichever door it came. Checked for its shape only. */
export type ClientRequest = {
  /** Absent when `extensions.persistedQuery` names a document that is known already. */
  readonly query: string | undefined;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly extensions: Readonly<Record<string, unknown>>;
};

/** Who asks, and under which terms. */
export type ClientInfo = TransportInfo & {
  /** False when the client wants an answer made for it alone (`cache-control: no-store`): nothing is shared or predicted. */
  readonly allowsSharing: boolean;
};

/** A request that ends before execution. */
export type Refusal = {
  readonly errors: readonly GraphQLFormattedError[];
  /** The HTTP status that says it best; where the media type leaves no choice, the door decides. */
  readonly status: number;
};

/** A response, printed. */
export type PrintedAnswer = {
  /** The whole response as JSON in UTF-8: `data`, then `errors` and `extensions` where there are some. */
  readonly body: Buffer;
  /** `DATA`: there is data; `NULL`: `data` is null after an error; `REFUSED`: nothing ran, there is no `data` entry. */
  readonly outcome: 'DATA' | 'NULL' | 'REFUSED';
  /** A status other than the one that follows from `outcome`. */
  readonly status: number | null;
  /** How long the answer may be kept, as a `cache-control` value; null when it may not. */
  readonly cacheControl: string | null;
};

/** A response in parts, for clients that take `@defer`: each is a JSON object with `hasNext`. */
export type IncrementalAnswer = { readonly initial: Buffer; readonly rest: AsyncGenerator<Buffer, void, void> };

/** A refusal as a response of its own. */
export function printRefusal({ errors, status }: Refusal): PrintedAnswer {
  return { body: Buffer.from(JSON.stringify({ errors })), outcome: 'REFUSED', status, cacheControl: null };
}

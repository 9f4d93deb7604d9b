import type { GraphQLFormattedError } from 'graphql';

/** How a stream of answers is cut into pieces on the wire. */
export type Framing = {
  readonly contentType: string;
  /** What comes before the first answer. */
  readonly start: Buffer;
  /** One answer: `body` is a GraphQL response as JSON. */
  next(body: Buffer): Buffer;
  /** The stream itself failed. */
  failed(errors: readonly GraphQLFormattedError[]): Buffer;
  /** What keeps intermediaries from closing a stream on which nothing happens; null where the protocol has nothing. */
  readonly heartbeat: Buffer | null;
  /** The proper end: nothing follows, and the client need not come back. */
  readonly complete: Buffer;
};

const [LINE_FEED, CARRIAGE_RETURN, SPACE] = [0x0a, 0x0d, 0x20];

/** JSON on one line. Line breaks can only stand between its tokens: within strings they are escaped. */
export function onOneLine(json: Buffer): Buffer {
  if (!json.includes(LINE_FEED) && !json.includes(CARRIAGE_RETURN)) return json;
  return Buffer.from(json.map((byte) => (byte === LINE_FEED || byte === CARRIAGE_RETURN ? SPACE : byte)));
}

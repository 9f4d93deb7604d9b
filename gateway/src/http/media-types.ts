import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';

/** The two media types of a single answer; they differ in the status codes that go with them. */
export type JsonType = 'application/json' | 'application/graphql-response+json';
/** How a stream of answers is written. */
export type StreamType = 'EVENT_STREAM' | 'MULTIPART_SUBSCRIPTION';

/** What a client takes, best first where it takes several. */
export type Accepted = {
  /** For one answer; null when the client takes none of these. */
  readonly single: JsonType | 'EVENT_STREAM' | null;
  /** For refusals: the better JSON type, or `application/json` when the client takes neither. */
  readonly json: JsonType;
  /** Whether that is one that it takes. */
  readonly takesJson: boolean;
  /** For subscriptions. */
  readonly stream: StreamType | null;
  /** Whether an answer may come in parts (`@defer`): the client says so by name, and not by a wildcard. */
  readonly takesParts: boolean;
  /** Whether the client asks for an event stream by name, as `EventSource` does, and not by a wildcard. */
  readonly namesEventStream: boolean;
};

/** The value of `content-type` for each type that is written. */
export const CONTENT_TYPES = {
  'application/json': 'application/json; charset=utf-8',
  'application/graphql-response+json': 'application/graphql-response+json; charset=utf-8',
  EVENT_STREAM: 'text/event-stream; charset=utf-8',
  MULTIPART_SUBSCRIPTION: 'multipart/mixed;boundary="graphql";subscriptionSpec="1.0"',
  PARTS: 'multipart/mixed;boundary="graphql";deferSpec=20220824',
} as const;

const BOUNDARY_PATTERN = /;[ \t]*boundary[ \t]*=[ \t]*(?:"[^"]*"|[^;,\s]*)/gi;

/** In our order of preference, which decides where a wildcard leaves it to us: plain JSON is what every client reads. */
const OFFERED = Object.entries(CONTENT_TYPES) as [keyof typeof CONTENT_TYPES, string][];
const OFFERED_VALUES = OFFERED.map(([, value]) => withoutBoundary(value));

/** Clients of one kind send equal headers: few are kept, and no long ones. */
const KEPT_HEADERS_MAX = 256;
const KEPT_HEADER_CHARS_MAX = 512;
const known = new LRUCache<string, Accepted>({ max: KEPT_HEADERS_MAX });

/** Reads an `accept` header with its q-values, wildcards and parameters; an absent or empty one takes anything. */
export function readAccept(header: string | undefined): Accepted {
  const accept = header || '*/*';
  const kept = known.get(accept);
  if (kept) return kept;
  const accepted = negotiate(accept);
  if (accept.length <= KEPT_HEADER_CHARS_MAX) known.set(accept, accepted);
  return accepted;
}

function negotiate(accept: string): Accepted {
  const values = new Negotiator({ headers: { accept: withoutBoundary(accept) } }).mediaTypes(OFFERED_VALUES);
  const types = values.flatMap((value) =>
    OFFERED.filter((_, index) => OFFERED_VALUES[index] === value).map(([type]) => type),
  );
  const json = types.find((type) => type === 'application/json' || type === 'application/graphql-response+json');
  const single = types.find((type) => type === json || type === 'EVENT_STREAM');
  const stream = types.find((type) => type === 'EVENT_STREAM' || type === 'MULTIPART_SUBSCRIPTION');
  return {
    single: (single as Accepted['single']) ?? null,
    json: (json as JsonType | undefined) ?? 'application/json',
    takesJson: json !== undefined,
    stream: (stream as StreamType | undefined) ?? null,
    takesParts: types.includes('PARTS') && /multipart\//i.test(accept),
    namesEventStream: types.includes('EVENT_STREAM') && /text\/event-stream/i.test(accept),
  };
}

/** The boundary is for who writes the parts to choose; some clients name one all the same. */
function withoutBoundary(types: string): string {
  return types.replace(BOUNDARY_PATTERN, '');
}

const JSON_PATTERN = /^application\/json[ \t]*(?:;(.*))?$/is;
const CHARSET_PATTERN = /(?:^|;)[ \t]*charset[ \t]*=[ \t]*"?([^";\s]*)/i;

/** Whether a body of this `content-type` can be read: JSON in UTF-8, which is also what no charset means. */
export function checkContentType(header: string | undefined): 'OK' | 'NOT_JSON' | 'NOT_UTF8' {
  if (header === 'application/json') return 'OK';
  const match = JSON_PATTERN.exec(header?.trim() ?? '');
  if (!match) return 'NOT_JSON';
  const charset = CHARSET_PATTERN.exec(match[1] ?? '')?.[1]?.toLowerCase() ?? 'utf-8';
  return charset === 'utf-8' || charset === 'utf8' ? 'OK' : 'NOT_UTF8';
}

import { IDENTITY_HEADER, signIdentity } from '@playgraph/auth/signed-identity';
import type { Clock } from '@playgraph/kernel/clock';
import { CORRELATION_HEADER } from './correlation-id.ts';
import type { TransportInfo } from './transport.ts';

/** The header that asks for `extensions.storeQueries`: how many queries the operation sent to the stores. */
export const METER_HEADER = 'playgraph-meter';

/** Names that only we may send. */
const OWN_PREFIX = 'playgraph-';
/** What describes a connection or a body: that of the client is not that of the subgraph (RFC 9110, 7.6.1). */
export const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const NAME_PATTERN = /^[!#$%&'*+\-.^_`|~\w]+$/;
const VALUE_PATTERN = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Names and values in turn, as undici takes them cheapest. */
export type HeaderPairs = readonly string[];

/**
 * The headers of `given` that may travel to a subgraph: none that belongs to a connection, none of our own names, none
 * that HTTP cannot carry (a header may stem from a socket's connection parameters).
 */
export function forwardedHeaders(given: Readonly<Record<string, string>>): HeaderPairs {
  const known = forwarded.get(given);
  if (known) return known;
  const pairs = Object.entries(given).filter(([name, value]) => mayTravel(name.toLowerCase(), value));
  const flat = pairs.flat();
  forwarded.set(given, flat);
  return flat;
}

/** One client request passes the same headers to each of its calls. */
const forwarded = new WeakMap<object, HeaderPairs>();

function mayTravel(name: string, value: string): boolean {
  if (name.startsWith(OWN_PREFIX) || CONNECTION_HEADERS.has(name)) return false;
  return NAME_PATTERN.test(name) && VALUE_PATTERN.test(value);
}

/** Who asks for an operation, as its subgraph is told: the same over plain HTTP and within a batch. */
export type RequestMarks = {
  /** Null for a subgraph that learns nothing of who is asking. */
  readonly identity: string | null;
  readonly correlationId: string;
  readonly isMetered: boolean;
  readonly forwarded: HeaderPairs;
};

/** The marks of one request; the identity is signed over `body`. */
export function marksOf(
  options: { readonly identitySecret: string | null; readonly clock: Clock },
  body: string,
  info: TransportInfo,
): RequestMarks {
  const { identitySecret: secret, clock } = options;
  const { identity, correlationId, isMetered } = info;
  const signed = secret === null ? null : signIdentity({ identity, body, method: 'POST', secret, clock });
  return { identity: signed, correlationId, isMetered, forwarded: forwardedHeaders(info.headers) };
}

/** `fixed`, then the marks. */
export function withMarks(fixed: HeaderPairs, marks: RequestMarks): string[] {
  const pairs = [...fixed, CORRELATION_HEADER, marks.correlationId, ...marks.forwarded];
  if (marks.identity !== null) pairs.push(IDENTITY_HEADER, marks.identity);
  if (marks.isMetered) pairs.push(METER_HEADER, '1');
  return pairs;
}

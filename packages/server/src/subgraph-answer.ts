import { parseExact } from '@playgraph/kernel/exact-json';
import type { Reply } from './collect-reply.ts';
import { decodeBody } from './decode-body.ts';
import type { Fault } from './subgraph-faults.ts';
import { isTransportResponse, type TransportAnswer, type TransportResponse } from './transport.ts';

/** `application/json`, `application/graphql-response+json` and the like, whatever their parameters. */
const JSON_TYPE_PATTERN = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;
/** Gateways and load balancers answer so when the subgraph behind them is not there. */
const OUT_OF_SERVICE: ReadonlySet<number> = new Set([502, 503, 504]);
/** Some servers begin a text by saying that it is UTF-8. JSON is always, and readers may pass over that. */
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/**
 * Reads a reply as GraphQL over HTTP. JSON with a good status is taken at its word, and parsed when somebody reads it:
 * `refuse` gives the response in its stead when it is none. JSON with a bad status, and what does not call itself JSON
 * but comes with a good one, is a response when it has the shape of one. Anything else is a fault.
 */
export function toAnswer(reply: Reply, reader: AnswerReader): TransportAnswer | Fault {
  const { contentEncoding } = reply;
  if (contentEncoding === null) return readReply(reply, reader);
  const bytes = decodeBody(reply.bytes, contentEncoding, reader.bytesMax);
  if (bytes === 'TOO_LARGE') return { kind: 'TOO_LARGE', reason: `more than ${reader.bytesMax} bytes when decoded` };
  return bytes === null ? toFault(reply) : readReply({ ...reply, bytes, contentEncoding: null }, reader);
}

function readReply(reply: Reply, { refuse, onErrors, readsExactly = false }: AnswerReader): TransportAnswer | Fault {
  const { status, contentType, cacheControl, bytes } = reply;
  const isJson = JSON_TYPE_PATTERN.test(contentType);
  const isGood = status >= 200 && status < 300;
  let parsed: TransportResponse | null = null;
  let isRead = false;
  if (!(isJson && isGood)) {
    if (isJson || isGood) parsed = parseResponse(bytes, readsExactly);
    if (!parsed) return toFault(reply);
  }
  const read = () => {
    parsed ??=
      parseResponse(bytes, readsExactly) ?? refuse({ kind: 'NOT_GRAPHQL', reason: 'the body is no GraphQL response' });
    if (!isRead && parsed.errors?.length) onErrors?.();
    isRead = true;
    return parsed;
  };
  return { bytes, cacheControl, read };
}

type AnswerReader = {
  readonly refuse: (fault: Fault) => TransportResponse;
  /** The most that an encoded answer may be when it is decoded. */
  readonly bytesMax: number;
  /** The response carries errors; told when it is first read, since nobody looks into it before. */
  readonly onErrors?: () => void;
  /** As in `TransportRequest`. */
  readonly readsExactly?: boolean | undefined;
};

function parseResponse(bytes: Buffer, readsExactly: boolean): TransportResponse | null {
  try {
    const text = toText(bytes);
    const value: unknown = readsExactly ? parseExact(text) : JSON.parse(text);
    const response = hasNullErrors(value) ? { ...value, errors: undefined } : value;
    return isTransportResponse(response) ? response : null;
  } catch {
    return null;
  }
}

function toText(bytes: Buffer): string {
  const isMarked = bytes[0] === BYTE_ORDER_MARK[0] && bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  return bytes.toString('utf8', isMarked ? BYTE_ORDER_MARK.length : 0);
}

/** Some servers write `"errors": null` beside their data. */
function hasNullErrors(value: unknown): value is object {
  return typeof value === 'object' && value !== null && 'data' in value && 'errors' in value && value.errors === null;
}

function toFault({ status, contentType, contentEncoding, location }: Reply): Fault {
  const reasons = [`status ${status}`, contentType || 'no content type'];
  if (contentEncoding !== null) reasons.push(`encoded as ${contentEncoding} in a way that cannot be undone`);
  // Calls carry identities and secrets: where they go is for the settings to say.
  if (location !== null) reasons.push(`moved to ${location}`);
  const reason = reasons.join(', ');
  if (OUT_OF_SERVICE.has(status)) return { kind: 'OUT_OF_SERVICE', reason };
  return { kind: status >= 500 ? 'BROKEN' : 'NOT_GRAPHQL', reason };
}

import type { IncrementalAnswer, PrintedAnswer } from '../client-request.ts';
import type { Framing } from './framing.ts';
import { CONTENT_TYPES } from './media-types.ts';

// A boundary follows its part at once: a client knows that a part is whole only when it sees the next boundary.
const START = Buffer.from('--graphql');
const PART_START = Buffer.from('\r\nContent-Type: application/json; charset=utf-8\r\n\r\n');
const PART_END = Buffer.from('\r\n--graphql');
const END = Buffer.from('--\r\n');
const PAYLOAD_START = Buffer.from('{"payload":');
const PAYLOAD_END = Buffer.from('}');

/**
 * Apollo's multipart protocol for subscriptions, version 1.0: each answer in an envelope `{ "payload": ... }`, a
 * failure of the stream as `{ "payload": null, "errors": [...] }`, `{}` as the heartbeat.
 */
export const multipartSubscription: Framing = {
  contentType: CONTENT_TYPES.MULTIPART_SUBSCRIPTION,
  start: START,
  next: (body) => toPart([PAYLOAD_START, body, PAYLOAD_END]),
  failed: (errors) => toPart([Buffer.from(JSON.stringify({ payload: null, errors }))]),
  heartbeat: toPart([Buffer.from('{}')]),
  complete: END,
};

/** Incremental delivery: each part as it is. The protocol knows no heartbeat. */
export const multipartParts: Framing = {
  contentType: CONTENT_TYPES.PARTS,
  start: START,
  next: (body) => toPart([body]),
  failed: (errors) => toPart([Buffer.from(JSON.stringify({ errors, hasNext: false }))]),
  heartbeat: null,
  complete: END,
};

const LAST = Buffer.from(',"hasNext":false}');

/** Whether the executor answers in parts. */
export function comesInParts(answer: PrintedAnswer | IncrementalAnswer): answer is IncrementalAnswer {
  return 'rest' in answer;
}

/** A whole answer, which is a JSON object, as the first and last part. */
export function toOnlyPart(body: Buffer): Buffer {
  return Buffer.concat([body.subarray(0, body.lastIndexOf('}')), LAST]);
}

function toPart(json: readonly Buffer[]): Buffer {
  return Buffer.concat([PART_START, ...json, PART_END]);
}

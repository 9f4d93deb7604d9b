import { type Framing, onOneLine } from './framing.ts';
import { CONTENT_TYPES } from './media-types.ts';

const EVENT_START = Buffer.from('event: next\ndata: ');
const EVENT_END = Buffer.from('\n\n');

/**
 * GraphQL over server-sent events, one connection for each operation: an event `next` for each answer, then `complete`.
 * Also what stops an operation before it runs arrives as `next`: an `EventSource` shows no bodies of refused requests.
 */
export const eventStream: Framing = {
  contentType: CONTENT_TYPES.EVENT_STREAM,
  // Some browsers report a stream as open only when its first byte has come.
  start: Buffer.from(':\n\n'),
  next: toEvent,
  failed: (errors) => toEvent(Buffer.from(JSON.stringify({ errors }))),
  heartbeat: Buffer.from(':\n\n'),
  // Without a `data` line `EventSource` would not dispatch the event.
  complete: Buffer.from('event: complete\ndata: \n\n'),
};

function toEvent(body: Buffer): Buffer {
  return Buffer.concat([EVENT_START, onOneLine(body), EVENT_END]);
}

import { accessTokenExpiryMs } from '@playgraph/auth/access-token';
import { maskError } from '@playgraph/server/mask-error';
import { type ClientInfo, printRefusal, type Refusal } from '../client-request.ts';
import type { StreamAnswer } from '../subscriptions/stream-answer.ts';
import type { Door, RunnableOperation } from './door.ts';
import { eventStream } from './event-stream.ts';
import { conclude, type Exchange } from './exchange.ts';
import type { Framing } from './framing.ts';
import { HttpError, overloaded } from './http-error.ts';
import { comesInParts, multipartParts, multipartSubscription } from './multipart.ts';
import type { ClientStream } from './stream-hub.ts';

/** The longest wait of a timer: Node takes a longer one for none. */
const TIMER_MS_MAX = 2 ** 31 - 1;
const TOKEN_EXPIRED = { message: 'The access token has expired.', extensions: { code: 'UNAUTHENTICATED' } };
/** The headers of every stream: nobody on the way keeps, changes or holds it back. */
const STREAM_HEADERS = ['cache-control', 'no-store, no-transform', 'x-accel-buffering', 'no'];

/** One frame for each event of a subscription, in the protocol that the client asks for. @throws HttpError 406, 503. */
export async function streamSubscription(door: Door, exchange: Exchange, runnable: RunnableOperation): Promise<void> {
  const { stream: type } = exchange.accepted;
  if (type === null) {
    throw new HttpError(406, 'A subscription streams as text/event-stream or multipart/mixed;subscriptionSpec=1.0.');
  }
  const framing = type === 'EVENT_STREAM' ? eventStream : multipartSubscription;
  if (!door.admission.tryStream()) throw TOO_MANY_STREAMS;
  try {
    await streamEvents(door, { exchange, framing }, runnable);
  } finally {
    door.admission.endStream();
  }
}

const TOO_MANY_STREAMS = overloaded('Too many subscriptions run.');

/** An exchange and how its stream is cut into pieces. */
type Framed = { readonly exchange: Exchange; readonly framing: Framing };

async function streamEvents(door: Door, { exchange, framing }: Framed, runnable: RunnableOperation): Promise<void> {
  await run(door, { exchange, framing }, async (stream) => {
    const expiry = watchExpiry(door, exchange);
    const client = { ...runnable.client, signal: AbortSignal.any([stream.signal, expiry.signal]) };
    try {
      let isFirst = true;
      for await (const answer of door.gateway.subscribe(runnable.operation, runnable.request.variables, client)) {
        if (!(await stream.write(frameOf(framing, answer, isFirst)))) return;
        isFirst = false;
      }
    } catch (error) {
      if (!expiry.signal.aborted) throw error;
    } finally {
      expiry.stop();
    }
    if (expiry.signal.aborted) await stream.write(framing.failed([TOKEN_EXPIRED]));
  });
}

/** An event; or why there is no stream, or no more of it. What a stream says no to later on is an event like others. */
function frameOf(framing: Framing, { body, outcome, ends }: StreamAnswer, isFirst: boolean): Buffer {
  if (ends || (isFirst && outcome === 'REFUSED')) return framing.failed(JSON.parse(body.toString()).errors);
  return framing.next(body);
}

/** Aborts when the token that let the client in ends: a stream lasts no longer than the right to read it. */
function watchExpiry(door: Door, { client, request }: Exchange): { readonly signal: AbortSignal; stop(): void } {
  const ended = new AbortController();
  const token = client?.identity ? request.headers.authorization?.split(/ +/)[1] : undefined;
  const expiresAtMs = token === undefined ? null : accessTokenExpiryMs(token, door.clockToleranceMs);
  if (expiresAtMs === null) return { signal: ended.signal, stop: () => undefined };
  const leftMs = Math.min(Math.max(expiresAtMs - door.clock.nowMs(), 0), TIMER_MS_MAX);
  const timer = setTimeout(() => ended.abort(), leftMs);
  return { signal: ended.signal, stop: () => clearTimeout(timer) };
}

/** A query or mutation as an event stream: of one answer, or of its parts. @throws HttpError 503. */
export async function streamAnswer(door: Door, exchange: Exchange, runnable: RunnableOperation): Promise<void> {
  await run(door, { exchange, framing: eventStream }, async (stream) => {
    const client: ClientInfo = { ...runnable.client, signal: stream.signal };
    const { operation, request } = runnable;
    const { execute, executeIncrementally } = door.gateway;
    const answer = await (door.isDeferOn ? executeIncrementally : execute)(operation, request.variables, client);
    await writeParts(stream, eventStream, comesInParts(answer) ? answer : { initial: answer.body, rest: [] });
  });
}

/** What stops an operation before it runs, as an event stream. @throws HttpError 503. */
export async function streamRefusal(door: Door, exchange: Exchange, refusal: Refusal): Promise<void> {
  await run(door, { exchange, framing: eventStream }, async (stream) => {
    await stream.write(eventStream.next(printRefusal(refusal).body));
  });
}

/** An answer's parts, as they come. */
export type Parts = { readonly initial: Buffer; readonly rest: AsyncIterable<Buffer> | Iterable<Buffer> };

/** Writes an answer in parts. The client's acceptance of parts is the executor's to know: here it is too late to say no. */
export async function streamParts(door: Door, exchange: Exchange, answer: Parts): Promise<void> {
  await run(door, { exchange, framing: multipartParts }, (stream) => writeParts(stream, multipartParts, answer));
}

async function writeParts(stream: ClientStream, framing: Framing, { initial, rest }: Parts): Promise<void> {
  if (!(await stream.write(framing.next(initial)))) return;
  for await (const part of rest) {
    if (!(await stream.write(framing.next(part)))) return;
  }
}

/** Opens a stream, lets `work` fill it, ends it as its protocol says. A failure of `work` goes to the client, masked. */
async function run(
  door: Door,
  { exchange, framing }: Framed,
  work: (stream: ClientStream) => Promise<void>,
): Promise<void> {
  const headers = [...exchange.headers, ...STREAM_HEADERS, 'content-type', framing.contentType];
  const isEndless = exchange.operation?.definition.operation === 'subscription';
  const stream = door.streams.open(exchange.response, { framing, headers, isEndless });
  try {
    await work(stream);
  } catch (error) {
    // Work that was stopped rejects: that is its end, not a failure.
    if (!stream.signal.aborted) {
      const masked = maskError(error, { logger: door.logger, correlationId: exchange.correlationId });
      await stream.write(framing.failed([masked]));
    }
  }
  stream.end();
  conclude(exchange, 200, stream.bytes());
}

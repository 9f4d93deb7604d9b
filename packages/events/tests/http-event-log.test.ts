import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createManualClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { createGate } from '@playgraph/testkit/gate';
import { expect, onTestFinished, test } from 'vitest';
import { type DomainEvent, topicOf } from '../src/event-log.ts';
import { createHttpEventLog, EVENTS_PATH } from '../src/http-event-log.ts';
import { EVENTS_BODY_BYTES_MAX } from '../src/http-events-route.ts';
import { createBodySigner, SIGNATURE_AGE_MS_MAX, SIGNATURE_HEADER } from '../src/sign-body.ts';
import { createRecorder, nameOf } from './world.ts';

const topic = topicOf('order');
const secret = 'a secret that only the peers share';
const limits = { retry: { firstMs: 1, maxMs: 2 }, attemptsMax: 2 };
const sample: DomainEvent = {
  id: 'event_1',
  stream: 'order_1',
  seq: 1,
  type: 'order.happened',
  at: '2026-01-31T12:00:00.000Z',
  data: { totalMinor: '4999' },
};

/** A subscriber behind a real server, and ways to reach it. */
async function createPeers() {
  const clock = createManualClock(1_000_000);
  const handled = createRecorder<string>();
  const subscriber = createHttpEventLog({ peers: {}, secret, logger: silentLogger, clock, limits });
  const arrivals = createRecorder<string>();
  const server = createServer((request, response) => {
    // A turn later: by then the route has the body too.
    request.on('end', () => setImmediate(() => arrivals.add(request.method ?? '')));
    void subscriber.route.handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const publisher = createHttpEventLog({ peers: { [topic]: [url] }, secret, logger: silentLogger, clock, limits });
  const stopServer = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(async () => {
    await publisher.close();
    await subscriber.close();
    if (server.listening) await stopServer();
  });
  const consume = (handle = async (event: DomainEvent): Promise<void> => handled.add(nameOf(event))) =>
    subscriber.consume({ group: 'one', topics: [topic], handle });
  const send = async (body: string, header: string | null, method = 'POST'): Promise<number> => {
    const headers: Record<string, string> = header === null ? {} : { [SIGNATURE_HEADER]: header };
    const init = method === 'POST' ? { method, headers, body } : { method, headers };
    const response = await fetch(new URL(EVENTS_PATH, url), init);
    await response.body?.cancel();
    return response.status;
  };
  return { url, clock, handled, arrivals, publisher, consume, send, stopServer };
}

const bodyOf = (events: unknown) => JSON.stringify({ topic, events });

test('a publish resolves when the peer has handled the events, and not before', async () => {
  const { publisher, consume, handled } = await createPeers();
  const [begun, mayEnd] = [createGate(), createGate()];
  await consume(async (event) => {
    begun.open();
    await mayEnd.opened;
    handled.add(nameOf(event));
  });
  let isPublished = false;
  const publishing = publisher.publish(topic, [sample]).then(() => {
    isPublished = true;
  });
  await begun.opened;
  expect(isPublished).toBe(false);
  mayEnd.open();
  await publishing;
  expect(handled.items).toEqual(['order_1#1']);
});

test('a peer that fails, knows no group of the topic yet, or is down makes the publish reject', async () => {
  const { publisher, consume, handled, stopServer } = await createPeers();
  await expect(publisher.publish(topic, [sample])).rejects.toThrow('503');
  let failures = 0;
  const consumer = await consume(async () => {
    failures++;
    throw new Error('broken');
  });
  await expect(publisher.publish(topic, [sample])).rejects.toThrow('503');
  expect(failures).toBe(limits.attemptsMax);
  await consumer.close();
  await expect(publisher.publish(topic, [sample])).rejects.toThrow('503');
  await consume();
  await publisher.publish(topic, [sample]);
  expect(handled.items).toEqual(['order_1#1']);
  await stopServer();
  await expect(publisher.publish(topic, [sample])).rejects.toThrow('fetch failed');
});

test('a publish that a peer does not answer is given up, and its repetition joins the handler that runs', async () => {
  const { consume, publisher, send, clock, arrivals } = await createPeers();
  const [begun, mayEnd] = [createGate(), createGate()];
  let calls = 0;
  await consume(async () => {
    calls++;
    begun.open();
    await mayEnd.opened;
  });
  const first = publisher.publish(topic, [sample]);
  const refused = expect(first).rejects.toThrow();
  await begun.opened;
  // The publisher dies; another one repeats.
  await publisher.close();
  await refused;
  const again = send(bodyOf([sample]), createBodySigner({ secret, clock }).sign(bodyOf([sample])));
  await arrivals.until((items) => items.length === 2);
  mayEnd.open();
  expect(await again).toBe(204);
  expect(calls).toBe(1);
});

test('what is not signed by a peer, for exactly this body and lately, is refused and not handled', async () => {
  const { consume, send, clock, handled } = await createPeers();
  await consume();
  const body = bodyOf([sample]);
  const good = createBodySigner({ secret, clock }).sign(body);
  const bad = [
    null,
    '',
    good.replace('v1=', 'v2='),
    good.slice(0, -2),
    createBodySigner({ secret: 'another secret that is long enough', clock }).sign(body),
    createBodySigner({ secret, clock }).sign(`${body} `),
    good.replace(/t=\d+/, `t=${clock.nowMs() + 1}`),
  ];
  for (const header of bad) expect(await send(body, header)).toBe(401);
  clock.advance(SIGNATURE_AGE_MS_MAX + 1);
  expect(await send(body, good)).toBe(401);
  clock.advance(-3 * SIGNATURE_AGE_MS_MAX);
  expect(await send(body, good)).toBe(401);
  expect(handled.items).toEqual([]);
  expect(await send(body, createBodySigner({ secret, clock }).sign(body))).toBe(204);
});

test('what is no list of events is refused and not handled', async () => {
  const { consume, send, clock, handled } = await createPeers();
  await consume();
  const bad = ['', '{', 'null', '[]', '{}', bodyOf(null), bodyOf([null]), bodyOf([{ ...sample, id: 5 }])];
  for (const body of bad) expect(await send(body, createBodySigner({ secret, clock }).sign(body))).toBe(400);
  expect(await send('', null, 'GET')).toBe(405);
  expect(handled.items).toEqual([]);
});

test('a body that is too large is refused before it is read to its end', async () => {
  const { send } = await createPeers();
  expect(await send('x'.repeat(EVENTS_BODY_BYTES_MAX + 1), 'whatever').catch(() => 413)).toBe(413);
});

test('a log that is held delivers nothing, here or to a peer, until it is released', async () => {
  const { url, clock, consume, handled } = await createPeers();
  const log = createHttpEventLog({
    peers: { [topic]: [url] },
    secret,
    logger: silentLogger,
    clock,
    limits,
    isHeld: true,
  });
  onTestFinished(() => log.close());
  const publishing = log.publish(topic, [sample]);
  // The groups come after the publish, as at a start with rows left behind, and miss nothing.
  await log.consume({ group: 'late', topics: [topic], handle: async (event) => handled.add(`here ${nameOf(event)}`) });
  await consume(async (event) => handled.add(`peer ${nameOf(event)}`));
  expect(handled.items).toEqual([]);
  log.release();
  await publishing;
  expect(handled.items.toSorted()).toEqual(['here order_1#1', 'peer order_1#1']);
});

test('a log that is closed while it is held lets go of its publishes, which reject', async () => {
  const { url, consume, handled } = await createPeers();
  await consume();
  const log = createHttpEventLog({ peers: { [topic]: [url] }, secret, logger: silentLogger, limits, isHeld: true });
  const refused = expect(log.publish(topic, [sample])).rejects.toThrow('closed');
  await log.close();
  await refused;
  expect(handled.items).toEqual([]);
});

test('a secret that is too short is refused at the start', () => {
  expect(() => createHttpEventLog({ peers: {}, secret: 'short', logger: silentLogger })).toThrow(TypeError);
});

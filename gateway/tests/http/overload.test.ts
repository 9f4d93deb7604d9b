import { once } from 'node:events';
import { DomainError } from '@playgraph/kernel/errors';
import { createGate } from '@playgraph/testkit/gate';
import { expect, test } from 'vitest';
import type { DoorObserver, Shed } from '../../src/http/admission.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { connect } from '../subscriptions/live-door.ts';
import { sampleOf } from '../telemetry/read-metrics.ts';
import { codeOf, openDoor } from './door-world.ts';
import { createTextReader } from './read-text.ts';

/** A door whose `hello` waits until it is let go. */
async function openSlowDoor(options: Parameters<typeof openDoor>[0] = {}) {
  const [release, shed] = [createGate(), [] as Shed[]];
  const waiting: (() => void)[] = [];
  let asked = 0;
  const doorObserver: DoorObserver = { onShed: (what) => void shed.push(what) };
  const door = await openDoor({
    doorObserver,
    beforeHello: () => {
      asked += 1;
      for (const wake of waiting.splice(0)) wake();
      return release.opened;
    },
    ...options,
  });
  const untilAsked = async (count: number) => {
    while (asked < count) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return { ...door, release, shed, untilAsked, asked: () => asked };
}

const HELLO = { query: '{ hello }' };
const EVENTS = { accept: 'text/event-stream' };
const webSocketAddress = (url: string) => url.replace('http', 'ws');

test('beyond the bound of requests under way one is refused with 503, when to come again, and nothing read', async () => {
  const door = await openSlowDoor({ admissionLimits: { requestsMax: 2 } });
  const running = [door.post(HELLO), door.post(HELLO)];
  await door.untilAsked(2);
  const refused = await door.post({ query: 'mutation { count }' }, { origin: 'https://shop.example' });
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  expect(refused.headers.get('access-control-allow-origin')).toBe('https://shop.example');
  const preflight = { origin: 'https://shop.example', 'access-control-request-method': 'POST' };
  expect((await fetch(door.url, { method: 'OPTIONS', headers: preflight })).status).toBe(204);
  expect(await refused.json()).toEqual({
    errors: [{ message: 'Too many requests are under way.', extensions: { code: 'OVERLOADED', retryAfterSeconds: 1 } }],
  });
  expect([door.seen.counted, door.shed]).toEqual([0, ['request']]);
  expect(door.seen.entries).toMatchObject([{ status: 503, operationName: null }, { status: 204 }]);
  door.release.open();
  expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await door.post({ query: 'mutation { count }' })).status).toBe(200);
});

test('health is told however much there is to do', async () => {
  const door = await openSlowDoor({ admissionLimits: { requestsMax: 1 } });
  const running = door.post(HELLO);
  await door.untilAsked(1);
  for (const path of ['/health/live', '/health/ready']) expect((await fetch(door.origin + path)).status).toBe(200);
  door.release.open();
  await running;
});

test('a request that fails, one that is malformed and one whose client goes make room again', async () => {
  const door = await openSlowDoor({ admissionLimits: { requestsMax: 1 } });
  for (const body of ['no JSON', { query: '{ nope }' }, { query: '{ fails }' }]) await door.post(body);
  const { socket } = door.dial();
  socket.write(
    'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 21\r\n\r\n{"query":"{ hangs }"}',
  );
  await door.seen.asked.opened;
  expect((await door.post(HELLO)).status).toBe(503);
  socket.destroy();
  await door.seen.aborted.opened;
  door.release.open();
  expect((await door.post(HELLO)).status).toBe(200);
});

test('a refused request leaves its connection usable, whatever of its body is still to come', async () => {
  const door = await openSlowDoor({ admissionLimits: { requestsMax: 1 } });
  const running = door.post(HELLO);
  await door.untilAsked(1);
  const { socket, answer } = door.dial();
  socket.write(
    'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n01234',
  );
  expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 503 /);
  door.release.open();
  await running;
  socket.write('56789GET /graphql?query={hello} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  expect(await answer).toContain('{"data":{"hello":"hello world"}}');
});

test('one connection cannot take all room by sending ahead', async () => {
  const door = await openSlowDoor();
  const { socket, answer } = door.dial();
  const ask = (more = '') => `GET /graphql?query={hello} HTTP/1.1\r\nhost: x\r\n${more}\r\n`;
  socket.write(ask().repeat(32) + ask('connection: close\r\n'));
  await door.untilAsked(32);
  const another = door.post(HELLO);
  await door.untilAsked(33);
  door.release.open();
  expect((await another).status).toBe(200);
  const statuses = [...(await answer).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
  expect(statuses).toEqual([...Array(32).fill('200'), '503']);
  expect(door.shed).toEqual(['request']);
});

test('a subscription takes no room from requests, and has a bound of its own', async () => {
  const door = await openSlowDoor({ admissionLimits: { requestsMax: 1, streamsMax: 1 } });
  const subscription = { query: 'subscription { counted(to: 1, thenWait: true) }' };
  const stream = await door.post(subscription, EVENTS);
  await door.seen.waiting.opened;
  expect((await door.post({ query: '{ whoAmI }' })).status).toBe(200);
  const refused = await door.post(subscription, EVENTS);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await codeOf(refused)).toBe('OVERLOADED');
  expect(door.shed).toEqual(['stream']);
  await stream.body?.cancel();
  await door.seen.aborted.opened;
  const again = await door.post({ query: 'subscription { counted(to: 1) }' }, EVENTS);
  expect([again.status, await createTextReader(again).rest()]).toEqual([200, expect.stringContaining('complete')]);
});

test('operations over WebSocket count with the others: one too many is an `error`, and its socket stays', async () => {
  const door = await openSlowDoor({ admissionLimits: { requestsMax: 1, streamsMax: 1 } });
  const client = await connect(webSocketAddress(door.url));
  const running = door.post(HELLO);
  await door.untilAsked(1);
  const overloaded = { type: 'error', payload: [{ extensions: { code: 'OVERLOADED', retryAfterSeconds: 1 } }] };
  client.subscribe('1', '{ whoAmI }');
  expect(await client.next()).toMatchObject(overloaded);
  door.release.open();
  await running;
  client.subscribe('1', 'subscription { counted(to: 1, thenWait: true) }');
  expect(await client.next()).toMatchObject({ type: 'next' });
  client.subscribe('2', 'subscription { counted(to: 1) }');
  expect(await client.next()).toMatchObject({ id: '2', ...overloaded });
  expect((await door.post(HELLO)).status).toBe(200);
  client.say({ id: '1', type: 'complete' });
  await door.seen.aborted.opened;
  client.subscribe('2', 'subscription { counted(to: 1) }');
  expect(await client.next()).toMatchObject({ id: '2', type: 'next' });
  expect(door.shed).toEqual(['request', 'stream']);
});

test('what is turned away, and the connections that are open, are metrics', async () => {
  const metrics = createMetrics([]);
  const allClosed = createGate();
  let closed = 0;
  const onConnectionClosed = () => {
    metrics.door.onConnectionClosed?.();
    closed += 1;
    if (closed === 2) allClosed.open();
  };
  const doorObserver = { ...metrics.door, onConnectionClosed };
  const door = await openSlowDoor({ admissionLimits: { requestsMax: 1 }, doorObserver });
  const running = door.post(HELLO);
  await door.untilAsked(1);
  await (await door.post(HELLO)).text();
  const page = await metrics.print();
  expect(sampleOf(page, 'shed_total', { what: 'request' })).toBe(1);
  expect(sampleOf(page, 'connections', {})).toBe(2);
  door.release.open();
  await running;
  await door.close();
  await allClosed.opened;
  expect(sampleOf(await metrics.print(), 'connections', {})).toBe(0);
});

test.each([
  ['a time of its own', { retryAfterSeconds: 7 }, '7'],
  ['no time', {}, '1'],
])('whatever is not to be had now says when to come again: with %s', async (_title, details, expected) => {
  const door = await openDoor({
    verifyToken: () => Promise.reject(new DomainError('UNAVAILABLE', 'The keys cannot be had.', details)),
  });
  const refused = await door.post({ query: '{ whoAmI }' }, { authorization: 'Bearer good' });
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, expected]);
});

test('whoever sends a body slowly takes no place of others, and is refused at its end when there is none', async () => {
  const door = await openSlowDoor({ admissionLimits: { requestsMax: 1 } });
  const body = '{"query":"mutation { count }"}';
  const slow = door.dial();
  slow.socket.write(
    `POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n{`,
  );
  const running = door.post(HELLO);
  await door.untilAsked(1);
  slow.socket.write(body.slice(1));
  expect(await slow.answer).toMatch(/^HTTP\/1\.1 503 /);
  expect(door.seen.counted).toBe(0);
  door.release.open();
  expect((await running).status).toBe(200);
});

test('a WebSocket that does not read its answers takes no place of others', async () => {
  const door = await openSlowDoor({ admissionLimits: { requestsMax: 1 } });
  const client = await connect(webSocketAddress(door.url));
  client.socket.pause();
  for (let i = 0; i < 20; i++) {
    client.subscribe(String(i), '{ letters(count: 1000000) }');
    // The next one is let in once this one is executed, whether or not it was read.
    while ((await door.post({ query: '{ whoAmI }' })).status !== 200);
  }
  client.socket.resume();
  expect(await client.next()).toMatchObject({ id: '0' });
});

test('a body that does not say its length counts as a large one only when it is one', async () => {
  const door = await openDoor({ bodyBytesMax: 64 * 1024 * 1024 });
  const head = 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n';
  const chunk = `186a0\r\n${'x'.repeat(100_000)}\r\n`;
  const open = async () => {
    const dialled = door.dial();
    dialled.socket.write(`${head}expect: 100-continue\r\n\r\n`);
    await once(dialled.socket, 'data');
    return dialled;
  };
  const [first, second, third] = [await open(), await open(), await open()];
  for (const { socket } of [first, second]) socket.write(chunk);
  const large = () => door.post({ query: `{ hello } #${'x'.repeat(100_000)}` });
  let status = 200;
  while (status === 200) ({ status } = await large());
  expect(status).toBe(503);
  third.socket.write(
    `15\r\n${JSON.stringify(HELLO)}\r\n0\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
  );
  expect(await third.answer).toContain('{"data":{"hello":"hello world"}}');
  const fourth = await open();
  fourth.socket.write(chunk);
  expect(await fourth.answer).toMatch(/HTTP\/1\.1 503 .*OVERLOADED/s);
  for (const { socket, answer } of [first, second]) {
    socket.destroy();
    await answer;
  }
});

test('large bodies may take so much together and no more; small ones pass all the same', async () => {
  const door = await openDoor({ bodyBytesMax: 64 * 1024 * 1024 });
  const slow = Array.from({ length: 2 }, () => door.dial());
  const head = 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
  for (const { socket } of slow) {
    socket.write(`${head}expect: 100-continue\r\ncontent-length: ${64 * 1024 * 1024}\r\n\r\n`);
    await once(socket, 'data');
  }
  const refused = await door.post({ query: `{ hello } #${'x'.repeat(100_000)}` });
  expect([refused.status, await codeOf(refused)]).toEqual([503, 'OVERLOADED']);
  expect((await door.post(HELLO)).status).toBe(200);
  for (const { socket, answer } of slow) {
    socket.destroy();
    await answer;
  }
  while ((await door.post({ query: `{ hello } #${'x'.repeat(100_000)}` })).status !== 200);
});

import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createManualClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { FAULT_LOG_EVERY_MS } from '@playgraph/server/subgraph-faults';
import { buildSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { expect, onTestFinished, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { connectStreams, infoOf, nextOf, serveLog, serveScript, toSubscription } from './log-subgraph.ts';
import { noWait } from './odd-subgraph.ts';
import { createRecordingLogger } from './sample-subgraph.ts';

const numbers = toSubscription('subscription { n(after: "0") { text } }');
const resumeRules = [{ field: 'n', argument: 'after', from: 'cursor' }];
const lost = { data: null, errors: [{ extensions: { code: 'UPSTREAM_LOST', retryable: true } }] };
const unavailable = { errors: [{ extensions: { code: 'UNAVAILABLE' } }] };
const ACK = '{"type":"connection_ack"}';

type Sent = { id: string; type: string; payload: { query: string } };
const next = (id: string, data: unknown) => JSON.stringify({ id, type: 'next', payload: { data } });
const event = (n: number) => ({ n: { text: `${n}`, _playgraphCursor: `${n}` } });
const told = (n: number) => ({ data: { n: { text: `${n}` } } });

/** A server that acknowledges, and answers each subscription as it is told; `count` is how many there were before. */
function serveAnswers(onSubscribe: (message: Sent, socket: WebSocket, count: number) => void) {
  let count = 0;
  return serveScript((message, socket) => {
    if (message.type === 'connection_init') socket.send(ACK);
    if (message.type === 'subscribe') onSubscribe(message as Sent, socket, count++);
  });
}

/** A WebSocket server whose handshake is another one. */
async function serveForeign(handleProtocols: () => string | false, onConnection: (socket: WebSocket) => void) {
  const server = createServer();
  const sockets = new WebSocketServer({ server, handleProtocols });
  sockets.on('connection', onConnection);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`, sockets };
}

test.each([
  ['takes no subprotocol of ours, and closes with 1002 as subscriptions-transport-ws does', false],
  ['chooses the subprotocol of subscriptions-transport-ws', 'graphql-ws'],
] as const)('a server that %s is told to be one, and not asked again', async (_title, protocol) => {
  let connections = 0;
  const { url } = await serveForeign(
    () => protocol,
    (socket) => {
      connections += 1;
      socket.close(1002);
    },
  );
  const { subscribe } = connectStreams(url);
  const stream = subscribe(numbers, infoOf());
  const message = 'The log service does not speak graphql-transport-ws.';
  expect(await nextOf(stream)).toEqual({ errors: [{ message, extensions: { code: 'UNAVAILABLE' } }] });
  expect(await nextOf(stream)).toBeNull();
  expect(connections).toBe(1);
});

test.each([1000, 1001, 1006, 1011, 1012, 1013, 4408, 4500])(
  'a server that closes with %i is asked again, and a stream that can go on does',
  async (code) => {
    const cursors: (string | undefined)[] = [];
    const url = await serveAnswers(({ id, payload }, socket, count) => {
      cursors.push(/after: "(\d)"/.exec(payload.query)?.[1]);
      // Handed to the network first: what a connection is cut off with is lost.
      socket.send(next(id, event(count + 1)), () => {
        if (count > 0) return;
        if (code === 1006) socket.terminate();
        else socket.close(code);
      });
    });
    const { subscribe, sockets } = connectStreams(url, { resumeRules });
    const stream = subscribe(numbers, infoOf());
    expect(await nextOf(stream)).toEqual(told(1));
    expect(await nextOf(stream)).toEqual(told(2));
    expect(cursors).toEqual(['0', '1']);
    expect(sockets.opened).toBe(2);
    await stream.return();
  },
);

test('a stream that is asked for while its server says goodbye is asked for at the next one', async () => {
  const url = await serveAnswers(({ id }, socket, count) => {
    socket.send(next(id, { n: { text: `${count}` } }));
    if (count === 0) socket.close(1012);
  });
  const { subscribe, sockets } = connectStreams(url);
  const [first, second] = [subscribe(numbers, infoOf()), subscribe(numbers, infoOf())];
  expect(await nextOf(first)).toEqual({ data: { n: { text: '0' } } });
  expect(await nextOf(second)).toEqual({ data: { n: { text: '1' } } });
  expect(sockets.opened).toBe(2);
  await second.return();
});

test('what a server says of one operation concerns no other one of the socket', async () => {
  const ids: string[] = [];
  const url = await serveAnswers(({ id }, socket) => {
    ids.push(id);
    if (ids.length < 4) return;
    const [a = '', b = '', c = '', d = ''] = ids;
    const say = (message: object) => socket.send(JSON.stringify(message));
    say({ type: 'connection_ack', payload: 'again' });
    say({ type: 'ping', payload: { at: 1 } });
    say({ type: 'pong' });
    socket.send(next('nobody', event(9)));
    say({ type: 'error', id: 'nobody', payload: [] });
    say({ type: 'complete', id: 'nobody' });
    say({ type: 'error', id: a, payload: [{ message: 'only a' }] });
    say({ type: 'error', id: b, payload: { message: 'no list' } });
    say({ type: 'error', id: c, payload: 'no object' });
    socket.send(next(c, event(8)));
    socket.send(next(d, event(1)));
    say({ type: 'complete', id: d });
    socket.send(next(d, event(2)));
    say({ type: 'complete', id: d });
  });
  const { subscribe, sockets } = connectStreams(url, { resumeRules });
  const streams = Array.from({ length: 4 }, () => subscribe(numbers, infoOf()));
  const first = await Promise.all(streams.map(nextOf));
  expect(first).toEqual([
    { errors: [{ message: 'only a' }] },
    { errors: [{ message: 'no list' }] },
    { errors: [{ message: 'The subscription failed.' }] },
    told(1),
  ]);
  expect(await Promise.all(streams.map(nextOf))).toEqual([null, null, null, null]);
  expect([ids.length, sockets.opened]).toEqual([4, 1]);
});

test.each([
  ['sends more than is taken', (socket: WebSocket, id: string) => socket.send(next(id, 'x'.repeat(100_000)))],
  ['closes with 4400', (socket: WebSocket) => socket.close(4400)],
  ['sends what is no message', (socket: WebSocket) => socket.send('{"type":"ka"}')],
])('a server that %s for one stream ends that one, and those beside it go on', async (_title, misbehave) => {
  const url = await serveAnswers(({ id, payload }, socket, count) => {
    if (payload.query.includes('bad')) {
      if (count > 0) misbehave(socket, id);
      return;
    }
    socket.send(next(id, event(count + 1)));
  });
  const { subscribe } = connectStreams(url, { resumeRules, messageBytesMax: 50_000 });
  const good = subscribe(numbers, infoOf());
  expect(await nextOf(good)).toEqual(told(1));
  const again = nextOf(good);
  const bad = subscribe(toSubscription('subscription { bad }'), infoOf());
  expect(await nextOf(bad)).toMatchObject(lost);
  expect(await nextOf(bad)).toBeNull();
  expect((await again)?.data).toBeDefined();
  await good.return();
});

test('a stream that is the reason for itself is found out on a socket of its own, and ends', async () => {
  let large = 0;
  const url = await serveAnswers(({ id, payload }, socket) => {
    if (!payload.query.includes('large')) return socket.send(next(id, event(1)));
    large += 1;
    socket.send(next(id, { large: 'x'.repeat(100_000) }));
  });
  const rules = [...resumeRules, { field: 'large', argument: 'after', from: 'cursor' }];
  const { subscribe } = connectStreams(url, { resumeRules: rules, messageBytesMax: 50_000 });
  const good = subscribe(numbers, infoOf());
  expect(await nextOf(good)).toEqual(told(1));
  const again = nextOf(good);
  const bad = subscribe(toSubscription('subscription { large(after: "0") { text } }'), infoOf());
  expect(await nextOf(bad)).toMatchObject(lost);
  expect(await again).toEqual(told(1));
  expect(large).toBe(2);
  await good.return();
});

test('a server that never acknowledges is given up after a bounded time and number of tries', async () => {
  const url = await serveScript(() => undefined);
  const { subscribe, sockets } = connectStreams(url, { connectMsMax: 100, subscriptionRetriesMax: 1, random: noWait });
  const streams = Array.from({ length: 10 }, () => subscribe(numbers, infoOf()));
  for (const answer of await Promise.all(streams.map(nextOf))) expect(answer).toMatchObject(unavailable);
  expect(sockets).toMatchObject({ opened: 2, closed: 2 });
});

test('a server that acknowledges late gets the subscriptions then, those that were left meanwhile not', async () => {
  const subscribed: string[] = [];
  const asked = new EventEmitter();
  const url = await serveScript(({ type, id }, socket) => {
    if (type === 'connection_init') asked.emit('init', socket);
    else if (type === 'subscribe') {
      subscribed.push(String(id));
      socket.send(next(String(id), event(1)));
    }
  });
  const { subscribe } = connectStreams(url, { resumeRules });
  const [stays, leaves] = [subscribe(numbers, infoOf()), subscribe(numbers, infoOf())];
  const first = [stays, leaves].map(nextOf);
  const [socket] = await once(asked, 'init');
  await leaves.return();
  socket.send(ACK);
  expect(await Promise.all(first)).toEqual([told(1), null]);
  expect(subscribed).toHaveLength(1);
  await stays.return();
});

test('a server that cannot be reached is tried with waits that double, partly by chance', async () => {
  const log = await serveLog();
  await log.stop();
  const chances: number[] = [];
  const random = {
    bytes: (count: number) => new Uint8Array(count),
    int(limit: number) {
      chances.push(limit);
      return 0;
    },
  };
  const { subscribe } = connectStreams(log.url, { random });
  expect(await nextOf(subscribe(numbers, infoOf()))).toMatchObject(unavailable);
  expect(chances).toEqual([50, 100, 200, 400]);
});

test('lost sockets are logged once in a named time, and the line tells how many it stands for', async () => {
  const { logger, lines } = createRecordingLogger();
  const clock = createManualClock(1_000_000);
  const log = await serveLog();
  await log.stop();
  const { subscribe } = connectStreams(log.url, { logger, clock, random: noWait, subscriptionRetriesMax: 1 });
  await nextOf(subscribe(numbers, infoOf()));
  clock.advance(FAULT_LOG_EVERY_MS);
  await nextOf(subscribe(numbers, infoOf()));
  expect(lines).toMatchObject([
    { message: 'streams broke', fields: { subgraph: 'log', url: log.url, streams: 1, unwritten: 0 } },
    { message: 'streams broke', fields: { unwritten: 1 } },
  ]);
});

test('hundreds of streams come back over one socket after a restart, each where it stood', async () => {
  const COUNT = 400;
  const log = await serveLog();
  log.write('zero');
  const rules = [{ field: 'entries', argument: 'after', from: 'cursor' }];
  const logged: object[] = [];
  const logger = { ...silentLogger, warn: (fields: object) => void logged.push(fields) };
  const { subscribe, sockets } = connectStreams(log.url, { resumeRules: rules, logger });
  const entries = toSubscription('subscription { entries(after: "-1") { text } }');
  const streams = Array.from({ length: COUNT }, () => subscribe(entries, infoOf()));
  const zero = { data: { entries: { text: 'zero' } } };
  expect(await Promise.all(streams.map(nextOf))).toEqual(streams.map(() => zero));
  const nexts = streams.map(nextOf);
  await log.stop();
  log.write('one');
  await log.start();
  expect(await Promise.all(nexts)).toEqual(streams.map(() => ({ data: { entries: { text: 'one' } } })));
  expect(sockets.opened).toBe(2);
  expect(logged).toEqual([
    { subgraph: 'log', url: log.url, reason: 'Going away (1001)', streams: COUNT, unwritten: 0 },
  ]);
  await Promise.all(streams.map((stream) => stream.return()));
  await log.untilOpen(0);
});

const typeDefs = 'type Query { ok: Boolean } type Subscription { who: String }';
const who = toSubscription('subscription { who }');

/** A server of the usual library, as another team would write it: it wants a token in `connection_init`. */
async function serveUsual(tokenOf: (params: Record<string, unknown>) => unknown) {
  const { url, sockets } = await serveForeign(
    () => 'graphql-transport-ws',
    () => undefined,
  );
  const server = useServer<Record<string, unknown>>(
    {
      schema: buildSchema(typeDefs),
      roots: {
        subscription: {
          async *who(_: unknown, { connectionParams }: { connectionParams?: Record<string, unknown> }) {
            yield { who: String(tokenOf(connectionParams ?? {})) };
          },
        },
      },
      context: ({ connectionParams }) => ({ connectionParams }),
      onConnect: ({ connectionParams }) => tokenOf(connectionParams ?? {}) !== undefined,
    },
    sockets,
  );
  onTestFinished(async () => void (await server.dispose()));
  return url;
}

test.each([
  ['under its own name', undefined, (params: Record<string, unknown>) => params.authorization],
  ['as `Authorization`', { Authorization: 'authorization' }, (params: Record<string, unknown>) => params.Authorization],
  [
    'below `headers`, beside another one',
    { 'headers.Authorization': 'Authorization', 'headers.tenant': 'tenant', none: 'missing' },
    ({ headers, ...others }: Record<string, unknown>) =>
      Object.keys(others).length === 0 ? (headers as Record<string, string> | undefined)?.Authorization : undefined,
  ],
])('a server gets the forwarded token in `connection_init`: %s', async (_title, connectionParams, tokenOf) => {
  const url = await serveUsual(tokenOf);
  const options = { callersBy: 'headers' as const, ...(connectionParams && { connectionParams }) };
  const { subscribe, sockets } = connectStreams(url, options);
  for (const token of ['ada', 'bob', 'ada']) {
    const headers = { authorization: token, tenant: 'x' };
    expect(await nextOf(subscribe(who, infoOf({ headers })))).toEqual({ data: { who: token } });
  }
  expect(sockets.opened).toBe(2);
  expect(await nextOf(subscribe(who, infoOf()))).toMatchObject(unavailable);
});

test('a header that no upgrade can carry is left out, and the stream begins', async () => {
  const url = await serveUsual((params) => params.authorization);
  const { subscribe } = connectStreams(url, { callersBy: 'headers' });
  const headers = {
    authorization: 'ada',
    broken: 'a\r\nb',
    connection: 'close',
    host: 'elsewhere',
    'sec-websocket-key': 'x',
    'sec-websocket-protocol': 'other',
  };
  expect(await nextOf(subscribe(who, infoOf({ headers })))).toEqual({ data: { who: 'ada' } });
});

test('a server that is gone while its streams are left takes nothing with it', async () => {
  const url = await serveAnswers(({ id }, socket) => {
    socket.send(next(id, event(1)));
  });
  const { subscribe, sockets, close } = connectStreams(url, { resumeRules, socketIdleMs: 1 });
  const stream = subscribe(numbers, infoOf());
  expect(await nextOf(stream)).toEqual(told(1));
  const closed = once(sockets.happened, 'closed');
  await stream.return();
  await closed;
  await close();
  expect(await nextOf(subscribe(numbers, infoOf()))).toBeNull();
});

test('a stream that comes back again and again leaves no listener each time', async () => {
  const RETURNS = 15;
  const warned: Error[] = [];
  const note = (warning: Error) => void warned.push(warning);
  process.on('warning', note);
  onTestFinished(() => void process.off('warning', note));
  const url = await serveAnswers(({ id }, socket, count) => {
    socket.send(next(id, event(count + 1)), () => (count < RETURNS ? socket.close(1012) : undefined));
  });
  const { subscribe } = connectStreams(url, { resumeRules, random: noWait });
  const stream = subscribe(numbers, infoOf());
  for (let i = 1; i <= RETURNS + 1; i++) expect(await nextOf(stream)).toEqual(told(i));
  await stream.return();
  expect(warned).toEqual([]);
});

test('a server that answers no ping is gone, and the stream goes on at the next connection', async () => {
  let connections = 0;
  const { url, sockets } = await serveForeign(
    () => 'graphql-transport-ws',
    (socket) => {
      connections += 1;
      const n = connections;
      socket.on('message', (data) => {
        const { type, id } = JSON.parse(String(data)) as Sent;
        if (type === 'connection_init') socket.send(ACK);
        if (type === 'subscribe') socket.send(next(id, event(n)));
      });
    },
  );
  sockets.options.autoPong = false;
  const { subscribe } = connectStreams(url, { resumeRules, pingMs: 30 });
  const stream = subscribe(numbers, infoOf());
  expect(await nextOf(stream)).toEqual(told(1));
  expect(await nextOf(stream)).toEqual(told(2));
  await stream.return();
});

import { once } from 'node:events';
import { BATCH_MEDIA_TYPE, printFrame } from '@playgraph/server/batch-format';
import { expect, test } from 'vitest';
import {
  answerJson,
  codeOf,
  createWatchedTransport,
  noWait,
  type OddHandler,
  query,
  serveOdd,
  toInfo,
} from './odd-subgraph.ts';
import { createRecordingLogger } from './sample-subgraph.ts';

const unavailable = { code: 'UNAVAILABLE' };
const json = { 'content-type': 'application/json' };
const answerNothing: OddHandler = () => undefined;

test('a query is asked again a named number of times, and over all calls no more than the budget allows', async () => {
  const { url, seen } = await serveOdd((_request, response) => void response.writeHead(502).end());
  const { transport } = createWatchedTransport({ url, breaker: null, retriesMax: 3 });
  await transport.execute(query, toInfo());
  expect(seen).toHaveLength(4);
  for (let call = 0; call < 99; call++) await transport.execute(query, toInfo());
  expect(seen.length).toBeGreaterThan(120);
  expect(seen.length).toBeLessThanOrEqual(130);
});

test('a call is over at its deadline: before any answer, in the middle of one, and while it waits to be asked again', async () => {
  const handlers: OddHandler[] = [
    answerNothing,
    (_request, response) => void response.writeHead(200, json).write('{"data"'),
    (_request, response) => void response.writeHead(503).end(),
  ];
  for (const handle of handlers) {
    const { url } = await serveOdd(handle);
    const random = { ...noWait, int: (max: number) => max - 1 };
    const { transport, calls } = createWatchedTransport({ url, deadlineMs: 40, random });
    expect(await codeOf(transport.execute(query, toInfo()))).toEqual({ code: 'DEADLINE_EXCEEDED' });
    expect(calls.map(({ outcome }) => outcome)).toEqual(['DEADLINE_EXCEEDED']);
  }
});

test('the subgraph sees that a late call was given up', async () => {
  const { url, happened } = await serveOdd(answerNothing);
  const gone = once(happened, 'gone');
  // Long enough for the request to arrive on a busy machine: one that was never seen cannot be given up.
  const { transport } = createWatchedTransport({ url, deadlineMs: 500 });
  await transport.execute(query, toInfo());
  await gone;
});

test.each<[string, OddHandler]>([
  ['as announced', (_request, response) => void response.writeHead(200, { ...json, 'content-length': '101' })],
  ['as it comes', (_request, response) => void response.writeHead(200, json).write(`{"data":"${'x'.repeat(100)}`)],
])('an answer over the size limit is given up at once, %s, and the error names the limit', async (_title, handle) => {
  const { url, happened } = await serveOdd((request, response, count, body) => {
    handle(request, response, count, body);
    response.flushHeaders();
  });
  const gone = once(happened, 'gone');
  const { transport, calls } = createWatchedTransport({ url, responseBytesMax: 100 });
  expect(await codeOf(transport.execute(query, toInfo()))).toEqual({ code: 'UNAVAILABLE', responseBytesMax: 100 });
  await gone;
  expect(calls).toMatchObject([{ outcome: 'UNAVAILABLE', retries: 0 }]);
});

const frame = (index: number, body: string) => printFrame({ index, status: 200 }, body);
const startFrames: OddHandler = (_request, response) =>
  void response.writeHead(200, { 'content-type': BATCH_MEDIA_TYPE }).write(frame(0, '{"data":{"a":0}}'));

test.each<[string, OddHandler]>([
  ['is too large as a whole', (_request, response) => void response.writeHead(200).write('x'.repeat(200))],
  [
    'is announced as too large',
    (_request, response) => response.writeHead(200, { 'content-length': 200 }).flushHeaders(),
  ],
  [
    'has a part that is too large, and no end',
    (request, response, ...more) => {
      startFrames(request, response, ...more);
      response.write(frame(1, 'x'.repeat(9_000)));
    },
  ],
  [
    'has all parts and no end',
    (request, response, ...more) => {
      startFrames(request, response, ...more);
      response.write(frame(1, '{"data":{"a":1}}'));
    },
  ],
])(
  'an answer to several operations that %s holds its connection no longer than anybody waits',
  async (_title, handle) => {
    const { url, happened } = await serveOdd(handle);
    const { transport } = createWatchedTransport({ url, batching: true, responseBytesMax: 100, retriesMax: 0 });
    const gone = once(happened, 'gone');
    await Promise.all([query, query].map((request) => transport.execute(request, toInfo())));
    await gone;
    expect(transport.stats()).toMatchObject({ running: 0, waiting: 0 });
  },
);

test('an answer at the size limit is read', async () => {
  const body = '{"data":{"a":1}}';
  const { url } = await serveOdd((_request, response) => void response.writeHead(200, json).end(body));
  const { transport, calls } = createWatchedTransport({ url, responseBytesMax: body.length });
  expect((await transport.execute(query, toInfo())).read()).toEqual({ data: { a: 1 } });
  expect(calls).toMatchObject([{ outcome: 'OK', bytes: body.length }]);
});

test('who leaves gets its reason, the subgraph sees it, and nothing is asked again', async () => {
  const { url, happened, seen } = await serveOdd(answerNothing);
  const { transport, calls } = createWatchedTransport({ url });
  const leaving = new AbortController();
  const [asked, gone] = [once(happened, 'request'), once(happened, 'gone')];
  const answer = expect(transport.execute(query, toInfo({ signal: leaving.signal }))).rejects.toThrow('bye');
  await asked;
  leaving.abort(new Error('bye'));
  await Promise.all([answer, gone]);
  expect([seen.length, calls.map(({ outcome }) => outcome)]).toEqual([1, ['ABORTED']]);
  expect(transport.stats()).toMatchObject({ waiting: 0, breaker: 'CLOSED' });
});

test('who leaves while its query waits to be asked again is not asked for again', async () => {
  const leaving = new AbortController();
  const { url, seen } = await serveOdd((_request, response) => void response.writeHead(503).end());
  // Leaves at the moment in which the wait is drawn: the wait itself would outlast the test.
  const random = {
    ...noWait,
    int: () => {
      leaving.abort(new Error('bye'));
      return 1_000_000_000;
    },
  };
  const { transport } = createWatchedTransport({ url, random });
  await expect(transport.execute(query, toInfo({ signal: leaving.signal }))).rejects.toThrow('bye');
  expect(seen).toHaveLength(1);
});

test('a request waits for a connection, and one too many is refused at once', async () => {
  const held: (() => void)[] = [];
  const { url, happened, seen } = await serveOdd((_request, response) => {
    held.push(() => answerJson(response, { data: { a: 1 } }));
  });
  const { transport } = createWatchedTransport({ url, connectionsMax: 1, queueMax: 1 });
  const asked = once(happened, 'request');
  const first = transport.execute(query, toInfo());
  const second = transport.execute(query, toInfo());
  expect(transport.stats()).toMatchObject({ running: 1, waiting: 1 });
  expect(await codeOf(transport.execute(query, toInfo()))).toEqual(unavailable);
  await asked;
  expect(seen).toHaveLength(1);
  const askedAgain = once(happened, 'request');
  held.shift()?.();
  await first;
  await askedAgain;
  held.shift()?.();
  expect((await second).read()).toEqual({ data: { a: 1 } });
  expect(transport.stats()).toMatchObject({ running: 0, waiting: 0 });
});

test('who leaves the queue makes room in it and is never sent', async () => {
  const { url, happened, seen } = await serveOdd(answerNothing);
  const { transport } = createWatchedTransport({ url, connectionsMax: 1, queueMax: 1 });
  const [first, second] = [new AbortController(), new AbortController()];
  const asked = once(happened, 'request');
  const answers = [first, second].map(({ signal }) => transport.execute(query, toInfo({ signal })));
  const outcomes = answers.map((answer) => expect(answer).rejects.toThrow());
  await asked;
  second.abort();
  expect(transport.stats()).toMatchObject({ running: 1, waiting: 0 });
  first.abort();
  await Promise.all(outcomes);
  await transport.close();
  expect(seen).toHaveLength(1);
});

test('who leaves while the connection opens is never sent', async () => {
  const { url, seen } = await serveOdd((_request, response) => answerJson(response, { data: { a: 1 } }));
  const { transport } = createWatchedTransport({ url });
  const leaving = new AbortController();
  const left = expect(transport.execute(query, toInfo({ signal: leaving.signal }))).rejects.toThrow();
  leaving.abort();
  await left;
  await transport.close();
  expect(seen).toHaveLength(0);
});

test('a breaker keeps calls from a subgraph that fails, tries it later, and lets all through when it is back', async () => {
  const health = { isGood: false };
  const { url, seen } = await serveOdd((_request, response) => {
    if (health.isGood) answerJson(response, { data: { a: 1 }, errors: [{ message: 'a GraphQL error is no failure' }] });
    else response.writeHead(500).end();
  });
  const changes: string[] = [];
  const { logger, lines } = createRecordingLogger();
  const { transport, calls, clock } = createWatchedTransport({
    url,
    logger,
    breaker: { callsMin: 4, openMs: 1_000 },
    onStateChange: ({ subgraph, from, to }) => void changes.push(`${subgraph}: ${from} > ${to}`),
  });
  for (let call = 0; call < 5; call++) await transport.execute(query, toInfo());
  expect([seen.length, calls.at(-1)?.outcome]).toEqual([4, 'REJECTED_BY_BREAKER']);
  clock.advance(1_000);
  await transport.execute(query, toInfo());
  expect([seen.length, transport.stats().breaker]).toEqual([5, 'OPEN']);
  health.isGood = true;
  clock.advance(1_000);
  for (let call = 0; call < 10; call++) {
    expect((await transport.execute(query, toInfo())).read().data).toEqual({ a: 1 });
  }
  expect(changes).toEqual([
    'odd: CLOSED > OPEN',
    'odd: OPEN > HALF_OPEN',
    'odd: HALF_OPEN > OPEN',
    'odd: OPEN > HALF_OPEN',
    'odd: HALF_OPEN > CLOSED',
  ]);
  expect(lines.filter(({ message }) => message.includes('circuit breaker'))).toHaveLength(changes.length);
});

test('closing lets calls under way and in the queue end, and takes no new one', async () => {
  const held: (() => void)[] = [];
  const { url, happened } = await serveOdd((_request, response) => {
    held.push(() => answerJson(response, { data: { a: 1 } }));
  });
  const { transport } = createWatchedTransport({ url, connectionsMax: 1 });
  const asked = once(happened, 'request');
  const answers = [1, 2].map(() => transport.execute(query, toInfo()));
  await asked;
  const closed = transport.close();
  expect(await codeOf(transport.execute(query, toInfo()))).toEqual(unavailable);
  const askedAgain = once(happened, 'request');
  held.shift()?.();
  await askedAgain;
  held.shift()?.();
  for (const answer of answers) expect((await answer).read()).toEqual({ data: { a: 1 } });
  await closed;
});

test('closing lets a query that waits to be sent again be answered', async () => {
  const { url, happened, seen } = await serveOdd((_request, response, count) => {
    if (count === 1) response.writeHead(503).end();
    else answerJson(response, { data: { a: 1 } });
  });
  const { transport } = createWatchedTransport({ url });
  const asked = once(happened, 'request');
  const answer = transport.execute(query, toInfo());
  await asked;
  const closed = transport.close();
  expect((await answer).read()).toEqual({ data: { a: 1 } });
  await closed;
  expect(seen).toHaveLength(2);
});

test('closing waits no longer for a subgraph that is gone than its retries and its deadline', async () => {
  const { transport, calls } = createWatchedTransport({ url: 'http://127.0.0.1:9/graphql' });
  const answer = codeOf(transport.execute(query, toInfo()));
  await transport.close();
  expect(calls).toMatchObject([{ outcome: 'UNAVAILABLE', retries: 2 }]);
  expect(await answer).toEqual(unavailable);
});

test('closing in the turn in which requests are gathered sends them all the same', async () => {
  const { url, seen } = await serveOdd((_request, response) => answerJson(response, { data: { a: 1 } }));
  const { transport } = createWatchedTransport({ url, batching: true });
  const answer = transport.execute(query, toInfo());
  const closed = transport.close();
  expect((await answer).read()).toEqual({ data: { a: 1 } });
  await closed;
  expect(seen).toHaveLength(1);
});

test('who asks a transport that is closed is told so, and nobody is asked', async () => {
  const { url, seen } = await serveOdd((_request, response) => answerJson(response, { data: { a: 1 } }));
  const { transport, calls } = createWatchedTransport({ url });
  await transport.close();
  const { errors } = (await transport.execute(query, toInfo())).read();
  expect(errors).toEqual([{ message: 'The odd service is not asked any more.', extensions: unavailable }]);
  expect(calls).toMatchObject([{ outcome: 'UNAVAILABLE', retries: 0 }]);
  expect(seen).toEqual([]);
});

import { once } from 'node:events';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createHttpTransport } from '@playgraph/server/http-transport';
import { FAULT_LOG_EVERY_MS } from '@playgraph/server/subgraph-faults';
import { createTransportRequest } from '@playgraph/server/transport';
import { OperationTypeNode } from 'graphql';
import { expect, onTestFinished, test } from 'vitest';
import {
  answerJson,
  codeOf,
  createWatchedTransport,
  mutation,
  type OddHandler,
  query,
  serveOdd,
  toInfo,
  toRequest,
} from './odd-subgraph.ts';
import { createRecordingLogger } from './sample-subgraph.ts';

const unavailable = { code: 'UNAVAILABLE' };
const json = { 'content-type': 'application/json' };

test.each([
  ['HTML with a good status', 200, 'text/html', '<html>'],
  ['HTML with a bad status', 500, 'text/html', '<html>'],
  ['JSON that is no response', 200, 'application/json', '{"status":"ok"}'],
  ['a list', 200, 'application/json', '[]'],
  ['data that is no object', 200, 'application/json', '{"data":[1]}'],
  ['errors that are no list', 200, 'application/json', '{"errors":"all"}'],
  ['errors without a message', 200, 'application/json', '{"data":null,"errors":[null]}'],
  ['half an answer', 200, 'application/json', '{"data":{"a":'],
  ['nothing at all', 200, 'application/json', ''],
  ['no content', 204, 'application/json', ''],
  ['JSON that is no response with a bad status', 400, 'application/json', '{"message":"no"}'],
  ['another address', 302, 'text/html', ''],
])('a subgraph that answers %s is UNAVAILABLE, and reading its answer never throws', async (...given) => {
  const [, status, type, body] = given;
  const { url } = await serveOdd((_request, response) => {
    response.writeHead(status, { 'content-type': type, location: '/' }).end(body);
  });
  const { transport } = createWatchedTransport({ url });
  expect(await codeOf(transport.execute(query, toInfo()))).toEqual(unavailable);
});

test.each([
  ['application/json', 400],
  ['application/graphql-response+json; charset=utf-8', 401],
  ['application/graphql-response+json', 503],
])('a GraphQL response of type %s with status %i is a response, and no reason to ask again', async (type, status) => {
  const { url, seen } = await serveOdd((_request, response) => {
    response.writeHead(status, { 'content-type': type }).end('{"errors":[{"message":"no"}]}');
  });
  const { transport, calls } = createWatchedTransport({ url });
  expect((await transport.execute(query, toInfo())).read()).toEqual({ errors: [{ message: 'no' }] });
  expect([seen.length, calls.map(({ outcome }) => outcome)]).toEqual([1, ['OK']]);
});

test('a GraphQL response that does not call itself JSON, and one with null errors, are read all the same', async () => {
  const { url } = await serveOdd((_request, response, count) => {
    response.writeHead(200, count === 1 ? {} : json).end('{"data":{"a":1},"errors":null}');
  });
  const { transport, calls } = createWatchedTransport({ url });
  for (const _ of [1, 2]) {
    const response = (await transport.execute(query, toInfo())).read();
    expect([response.data, response.errors]).toEqual([{ a: 1 }, undefined]);
  }
  expect(calls.map(({ outcome }) => outcome)).toEqual(['OK', 'OK']);
});

test('an address at which nobody listens is UNAVAILABLE', async () => {
  const { transport, calls } = createWatchedTransport({ url: 'http://127.0.0.1:9/graphql' });
  expect(await codeOf(transport.execute(query, toInfo()))).toEqual(unavailable);
  expect(calls).toMatchObject([{ subgraph: 'odd', outcome: 'UNAVAILABLE', retries: 2, bytes: 0 }]);
});

test.each<[string, OddHandler]>([
  ['before its answer', (request) => request.socket.destroy()],
  [
    'in the middle of its answer',
    (request, response) => {
      response.writeHead(200, { ...json, 'content-length': '100' }).write('{"data":', () => request.socket.destroy());
    },
  ],
])(
  'a subgraph that closes the connection %s is UNAVAILABLE for a mutation, and asked again for a query',
  async (...given) => {
    const [, breakOff] = given;
    const { url, seen } = await serveOdd((request, response, count, body) => {
      if (count <= 2) breakOff(request, response, count, body);
      else answerJson(response, { data: { a: 1 } });
    });
    const { transport, calls } = createWatchedTransport({ url });
    expect(await codeOf(transport.execute(mutation, toInfo()))).toEqual(unavailable);
    expect(seen).toHaveLength(1);
    expect((await transport.execute(query, toInfo())).read()).toEqual({ data: { a: 1 } });
    expect(calls.map(({ outcome, retries }) => [outcome, retries])).toEqual([
      ['UNAVAILABLE', 0],
      ['OK', 1],
    ]);
  },
);

test('a subgraph that is out of service for a moment answers a query at the next try, a mutation is sent once', async () => {
  const { url, seen } = await serveOdd((_request, response, count) => {
    if (count % 2 === 1) response.writeHead(503).end('try later');
    else answerJson(response, { data: { a: count } });
  });
  const { transport } = createWatchedTransport({ url });
  expect((await transport.execute(query, toInfo())).read()).toEqual({ data: { a: 2 } });
  expect(await codeOf(transport.execute(mutation, toInfo()))).toEqual(unavailable);
  expect(seen).toHaveLength(3);
});

test('faults are logged with their reason, one line in a named time, which tells how many it stands for', async () => {
  const { logger, lines } = createRecordingLogger();
  const { url } = await serveOdd((_request, response) => void response.writeHead(404).end());
  const { transport, clock } = createWatchedTransport({ url, logger });
  for (let call = 0; call < 5; call++) await transport.execute(query, toInfo());
  clock.advance(FAULT_LOG_EVERY_MS);
  await transport.execute(query, toInfo({ correlationId: 'later' }));
  expect(lines.map(({ fields }) => fields)).toMatchObject([
    { subgraph: 'odd', kind: 'NOT_GRAPHQL', reason: expect.stringContaining('404'), correlationId: 'c', unwritten: 0 },
    { correlationId: 'later', unwritten: 4 },
  ]);
});

test.each([
  [200, 'application/json', 'gzip, zstd'],
  [200, 'application/json', 'br'],
  [404, 'text/plain', 'br'],
])('the log names the encoding of an answer that cannot be decoded: %i %s %s', async (status, type, coding) => {
  const { logger, lines } = createRecordingLogger();
  const { url } = await serveOdd((_request, response) => {
    const body = gzipSync('{"data":{"a":1}}');
    response.writeHead(status, { 'content-type': type, 'content-encoding': coding }).end(body);
  });
  const { transport } = createWatchedTransport({ url, logger });
  expect(await codeOf(transport.execute(query, toInfo()))).toEqual(unavailable);
  expect(lines[0]?.fields).toMatchObject({
    kind: 'NOT_GRAPHQL',
    reason: `status ${status}, ${type}, encoded as ${coding} in a way that cannot be undone`,
  });
});

test('a listener of calls that throws keeps nobody from an answer, and the transport from nothing', async () => {
  const { url } = await serveOdd((_request, response) => answerJson(response, { data: { a: 1 } }));
  const fail = () => {
    throw new Error('a listener fails');
  };
  const { transport } = createWatchedTransport({ url, onCall: fail });
  expect((await transport.execute(query, toInfo())).read()).toEqual({ data: { a: 1 } });
  expect((await transport.execute(mutation, toInfo())).read()).toEqual({ data: { a: 1 } });
  await transport.close();
  expect(await codeOf(transport.execute(query, toInfo()))).toEqual(unavailable);
});

test('an address stands in the log without its password and keys', async () => {
  const { logger, lines } = createRecordingLogger();
  const { url } = await serveOdd((_request, response) => void response.writeHead(404).end());
  const { transport } = createWatchedTransport({
    url: `${url.replace('//', '//ci:hush@')}?key=hush`,
    logger,
    subscriptionRetriesMax: 0,
  });
  await transport.execute(query, toInfo());
  await transport.subscribe(toRequest('subscription { a }', OperationTypeNode.SUBSCRIPTION), toInfo()).next();
  expect(lines.map(({ fields }) => fields)).toMatchObject([{ url }, { url }]);
  expect(JSON.stringify(lines)).not.toContain('hush');
});

test('what travels are the headers of the rule, never over our own; a foreign subgraph gets no identity', async () => {
  const { url, seen } = await serveOdd((_request, response) => answerJson(response, { data: {} }));
  const headers = {
    traceparent: '00-a',
    'playgraph-identity': 'forged',
    host: 'evil',
    'x-a': 'b\nc',
    connection: 'close',
  };
  for (const identitySecret of ['a secret of the transport suite only', null]) {
    const { transport } = createWatchedTransport({ url, identitySecret });
    await transport.execute(query, toInfo({ headers, isMetered: true }));
  }
  const [ours, foreign] = seen.map((request) => request.headers);
  expect(ours).toMatchObject({
    traceparent: '00-a',
    host: new URL(url).host,
    'content-type': 'application/json',
    'playgraph-correlation-id': 'c',
    'playgraph-meter': '1',
  });
  expect(ours?.['playgraph-identity']).not.toBe('forged');
  expect(ours?.['playgraph-identity']).toMatch(/^[\w-]+\.[\w-]+$/);
  expect([ours?.['x-a'], foreign?.['playgraph-identity']]).toEqual([undefined, undefined]);
});

test("a request that cannot be printed is UNAVAILABLE, and does not take the place of an open breaker's trial", async () => {
  const { url } = await serveOdd((_request, response, count) => {
    if (count === 1) response.writeHead(500).end();
    else answerJson(response, { data: { a: 1 } });
  });
  const { transport, clock } = createWatchedTransport({ url, breaker: { callsMin: 1, openMs: 1_000 } });
  const unprintable = createTransportRequest({
    query: '{ a }',
    operationName: undefined,
    operationType: OperationTypeNode.QUERY,
    variables: { n: 1n },
  });
  await transport.execute(query, toInfo());
  clock.advance(1_000);
  expect(await codeOf(transport.execute(unprintable, toInfo()))).toEqual(unavailable);
  expect((await transport.execute(query, toInfo())).read()).toEqual({ data: { a: 1 } });
});

test('a peer that does not speak HTTP is UNAVAILABLE', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end('SSH-2.0-OpenSSH_9\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const { transport } = createWatchedTransport({ url: `http://127.0.0.1:${port}/graphql` });
  expect(await codeOf(transport.execute(query, toInfo()))).toEqual(unavailable);
});

test('a secret that is too short is refused when the transport is made', () => {
  const { clock } = createWatchedTransport({ url: 'http://127.0.0.1:9/' });
  const { logger } = createRecordingLogger();
  const options = { name: 'odd', url: 'http://127.0.0.1:9/', clock, logger };
  expect(() => createHttpTransport({ ...options, identitySecret: 'short' })).toThrow(TypeError);
});

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { createHttpTransport } from '@playgraph/server/http-transport';
import { createLocalTransport } from '@playgraph/server/local-transport';
import { serveSubgraph } from '@playgraph/server/serve-subgraph';
import { describeTransport } from '@playgraph/testkit/contracts/transport';
import { parse } from 'graphql';
import { expect, test } from 'vitest';

const identitySecret = 'a secret of the transport suite only';
const common = { name: 'probe', identitySecret, clock: systemClock, logger: silentLogger };

describeTransport('local', async (subgraph) => {
  const transport = createLocalTransport(subgraph);
  return { transport, close: () => transport.close() };
});

describeTransport('http', async (subgraph) => {
  const served = await serveSubgraph({ subgraph, host: '127.0.0.1', port: 0, identitySecret, logger: silentLogger });
  const transport = createHttpTransport({ ...common, url: `${new URL(served.url).origin}/graphql` });
  return {
    transport,
    close: async () => {
      await transport.close();
      await served.close();
    },
  };
});

const request = { query: '{ a }', document: parse('{ a }'), operationName: undefined, variables: {} };
const info = () => ({ identity: null, correlationId: 'c', signal: new AbortController().signal, isMetered: false });

test('a subgraph that nobody serves is UNAVAILABLE, for a query and for a stream', async () => {
  const transport = createHttpTransport({ ...common, url: 'http://127.0.0.1:9/graphql' });
  const expected = {
    data: null,
    errors: [{ message: expect.stringContaining('probe'), extensions: { code: 'UNAVAILABLE' } }],
  };
  expect(await transport.execute(request, info())).toEqual(expected);
  const subscription = { ...request, query: 'subscription { a }', document: parse('subscription { a }') };
  const events: unknown[] = [];
  for await (const event of createHttpTransport({
    ...common,
    url: 'http://127.0.0.1:9/graphql',
    subscriptionRetriesMax: 0,
  }).subscribe(subscription, info()))
    events.push(event);
  expect(events).toEqual([expected]);
});

test.each([
  ['no JSON', 'text/plain', 'hello', 200],
  ['JSON that is no response', 'application/json', '[1]', 200],
  ['a proxy error page', 'text/html', '<html>', 502],
])('a subgraph that answers %s is UNAVAILABLE', async (_title, type, body, status) => {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const transport = createHttpTransport({ ...common, url: `http://127.0.0.1:${port}/graphql` });
  expect((await transport.execute(request, info())).errors?.[0]?.extensions).toEqual({ code: 'UNAVAILABLE' });
  server.close();
  server.closeAllConnections();
});

test('a subgraph that does not answer in time is DEADLINE_EXCEEDED', async () => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const transport = createHttpTransport({ ...common, url: `http://127.0.0.1:${port}/graphql`, deadlineMs: 50 });
  expect((await transport.execute(request, info())).errors?.[0]?.extensions).toEqual({ code: 'DEADLINE_EXCEEDED' });
  server.closeAllConnections();
  server.close();
});

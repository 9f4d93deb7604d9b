import { systemClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { createHttpTransport } from '@playgraph/server/http-transport';
import { createLocalTransport } from '@playgraph/server/local-transport';
import { serveSubgraph } from '@playgraph/server/serve-subgraph';
import { createTransportRequest } from '@playgraph/server/transport';
import { describeTransport } from '@playgraph/testkit/contracts/transport';
import { OperationTypeNode } from 'graphql';
import { expect, test } from 'vitest';
import { infoOf, nextOf, serveScript, toSubscription } from './log-subgraph.ts';
import { createWatchedTransport } from './odd-subgraph.ts';

const identitySecret = 'a secret of the transport suite only';
const common = { name: 'probe', identitySecret, clock: systemClock, logger: silentLogger };

describeTransport('local', async (subgraph) => {
  const transport = createLocalTransport(subgraph);
  return { transport, close: () => transport.close() };
});

for (const batching of [false, true]) {
  describeTransport(batching ? 'http, batched' : 'http', async (subgraph) => {
    const served = await serveSubgraph({ subgraph, host: '127.0.0.1', port: 0, identitySecret, logger: silentLogger });
    const transport = createHttpTransport({ ...common, url: `${new URL(served.url).origin}/graphql`, batching });
    return {
      transport,
      close: async () => {
        await transport.close();
        await served.close();
      },
    };
  });
}

const toRequest = (query: string, operationType = OperationTypeNode.QUERY) =>
  createTransportRequest({ query, operationName: undefined, operationType, variables: {} });
const request = toRequest('{ a }');
const info = () => ({
  identity: null,
  correlationId: 'c',
  signal: new AbortController().signal,
  isMetered: false,
  headers: {},
});

test('a subgraph that nobody serves is UNAVAILABLE, for a query and for a stream', async () => {
  const transport = createHttpTransport({ ...common, url: 'http://127.0.0.1:9/graphql' });
  const errors = [{ message: expect.stringContaining('probe'), extensions: { code: 'UNAVAILABLE' } }];
  expect((await transport.execute(request, info())).read()).toEqual({ data: null, errors });
  const subscription = toRequest('subscription { a }', OperationTypeNode.SUBSCRIPTION);
  const events: unknown[] = [];
  for await (const event of createHttpTransport({
    ...common,
    url: 'http://127.0.0.1:9/graphql',
    subscriptionRetriesMax: 0,
  }).subscribe(subscription, info()))
    events.push(event);
  expect(events).toEqual([{ errors }]);
});

test('an event may be as large as an answer may be: above the default where that says so, and no larger where it says less', async () => {
  const MEBIBYTE = 1024 * 1024;
  const url = await serveScript(({ type, id }, socket) => {
    if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
    const payload = { data: { n: 'x'.repeat(9 * MEBIBYTE) } };
    if (type === 'subscribe') socket.send(JSON.stringify({ id, type: 'next', payload }));
  });
  const firstOf = async (responseBytesMax: number) => {
    const { transport } = createWatchedTransport({ url, responseBytesMax });
    const stream = transport.subscribe(toSubscription('subscription { n }'), infoOf());
    const first = await nextOf(stream);
    await stream.return();
    return first;
  };
  expect(await firstOf(10 * MEBIBYTE)).toEqual({ data: { n: expect.stringMatching(/^x+$/) } });
  expect(await firstOf(1 * MEBIBYTE)).toMatchObject({
    data: null,
    errors: [{ extensions: { code: 'UPSTREAM_LOST' } }],
  });
});

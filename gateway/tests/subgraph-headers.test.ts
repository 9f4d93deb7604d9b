import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { createHttpTransport } from '@playgraph/server/http-transport';
import { createTransportRequest } from '@playgraph/server/transport';
import { OperationTypeNode } from 'graphql';
import { expect, test } from 'vitest';
import { withHeaderRule } from '../src/subgraph-headers.ts';
import { createInfo } from './test-graph.ts';

test('a subgraph gets the headers that its rule names, those that the gateway sets, and trace context', async () => {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers);
    response.setHeader('content-type', 'application/json').end('{"data":{}}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  const options = { name: 'one', url, identitySecret: null, clock: systemClock, logger: silentLogger };
  const transport = withHeaderRule(createHttpTransport(options), {
    forward: ['x-tenant'],
    set: { 'x-key': 'k1', 'x-tenant-kind': 'own' },
  });
  const request = createTransportRequest({
    query: '{ a }',
    operationName: undefined,
    operationType: OperationTypeNode.QUERY,
    variables: {},
  });
  const headers = { 'x-tenant': 't1', 'x-other': 'o1', 'x-key': 'forged', traceparent: '00-a-b-01' };
  try {
    await transport.execute(request, { ...createInfo(), headers });
    await transport.execute(request, { ...createInfo(), headers: {} });
  } finally {
    await transport.close();
    server.close();
  }
  const [first, second] = seen;
  expect(first).toMatchObject({ 'x-tenant': 't1', 'x-key': 'k1', 'x-tenant-kind': 'own', traceparent: '00-a-b-01' });
  expect(first).not.toHaveProperty('x-other');
  expect(second).toMatchObject({ 'x-key': 'k1' });
  expect(second).not.toHaveProperty('x-tenant');
});

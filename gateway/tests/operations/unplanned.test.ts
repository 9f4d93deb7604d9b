import { systemClock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import { silentLogger } from '@playgraph/kernel/logger';
import { createHttpTransport } from '@playgraph/server/http-transport';
import { createClient } from 'graphql-ws';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { createGateway } from '../../src/gateway.ts';
import { serveGateway } from '../../src/http/serve-gateway.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';
import { olderSupergraph } from '../supergraphs.ts';
import { sampleOf } from '../telemetry/read-metrics.ts';

/** A supergraph that nobody has checked: there is no way from a product of `a` to its weight in `b`. */
const UNCHECKED = olderSupergraph('v0.3')
  .replace('@join__type(graph: B, key: "id") {', '@join__type(graph: B, key: "id", resolvable: false) {')
  .replace('{ query: Query }', '{ query: Query subscription: Subscription }')
  .concat('\ntype Subscription @join__type(graph: A) { moved: Product @join__field(graph: A) }');

async function serve() {
  const logged: Record<string, unknown>[] = [];
  const logger: Logger = {
    ...silentLogger,
    error: (fields: object, message?: string) => void logged.push({ ...fields, message }),
  };
  const telemetry = await createTelemetry({ metrics: true, tracing: null, accessLog: null, clock: systemClock });
  const gateway = createGateway({
    source: { sdl: UNCHECKED },
    createTransport: ({ name, url }) =>
      createHttpTransport({ name, url, identitySecret: null, clock: systemClock, logger }),
    logger,
    executionObserver: telemetry.executionObserver,
    ...(telemetry.streamObserver && { streamObserver: telemetry.streamObserver }),
  });
  const { url, close } = await serveGateway({
    gateway: telemetry.observe(gateway),
    host: '127.0.0.1',
    port: 0,
    verifyToken: null,
    isDevelopment: false,
    corsOrigins: [],
    operationsDir: null,
    routes: [],
    checkReady: async () => undefined,
    logger,
  });
  onTestFinished(async () => {
    await close();
    await telemetry.close();
  });
  return {
    logged,
    url,
    post: (query: string, accept: string) =>
      fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept, 'x-correlation-id': 'who-asked' },
        body: JSON.stringify({ query }),
      }),
    metrics: async () => (await telemetry.page?.print()) ?? '',
  };
}

const NO_PLAN = 'query Heavy { product { weight } }';
const [PLAIN, STRICT] = ['application/json', 'application/graphql-response+json'];

test('an operation without a plan is refused with a code of its own, told to the log once and counted', async () => {
  const { post, logged, metrics } = await serve();
  for (const accept of [PLAIN, STRICT]) {
    const response = await post(NO_PLAN, accept);
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      errors: [
        {
          message: expect.stringMatching(/^The operation is valid, but no way was found/),
          extensions: { code: 'QUERY_PLANNING_FAILED', correlationId: 'who-asked' },
        },
      ],
    });
  }
  expect(logged).toEqual([
    {
      err: expect.objectContaining({ message: expect.stringContaining('weight') }),
      code: 'QUERY_PLANNING_FAILED',
      operationId: expect.stringMatching(/^[\da-f]{64}$/),
      operationName: 'Heavy',
      correlationId: 'who-asked',
      message: 'an operation cannot be planned',
    },
  ]);
  const page = await metrics();
  expect(sampleOf(page, 'refusals_total', { code: 'QUERY_PLANNING_FAILED' })).toBe(2);
  expect(sampleOf(page, 'errors_total', { code: 'QUERY_PLANNING_FAILED' })).toBe(2);
  expect(sampleOf(page, 'plan_cache_total', { result: 'failed' })).toBe(2);
  expect(sampleOf(page, 'operation_duration_seconds_count', { operation: 'Heavy', outcome: 'refused' })).toBe(2);
});

test('over a WebSocket it is an error of the operation, a subscription among them, and the socket stays', async () => {
  const { url, logged, metrics } = await serve();
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  onTestFinished(() => client.dispose());
  for (const query of [NO_PLAN, 'subscription Moves { moved { weight } }']) {
    await expect(client.iterate({ query }).next()).rejects.toEqual([
      expect.objectContaining({ extensions: expect.objectContaining({ code: 'QUERY_PLANNING_FAILED' }) }),
    ]);
  }
  expect(logged.map(({ operationName }) => operationName)).toEqual(['Heavy', 'Moves']);
  const page = await metrics();
  expect(sampleOf(page, 'refusals_total', { code: 'QUERY_PLANNING_FAILED' })).toBe(2);
  expect(sampleOf(page, 'plan_cache_total', { result: 'failed' })).toBe(2);
});

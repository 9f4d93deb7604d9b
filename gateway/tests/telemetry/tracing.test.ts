import { systemClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { createHttpTransport } from '@playgraph/server/http-transport';
import { createTransportRequest } from '@playgraph/server/transport';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { ClientInfo } from '../../src/client-request.ts';
import type { TransportHooks } from '../../src/telemetry/observe-transport.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';
import { readTracingSettings } from '../../src/telemetry/tracing-settings.ts';
import { createInfo } from '../test-graph.ts';
import { openSpanReceiver } from './span-receiver.ts';
import { openServer, openWatchedGateway } from './watched-gateway.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const INCOMING = { traceparent: `00-${TRACE_ID}-${CALLER}-01`, tracestate: 'vendor=1' };

function settingsFor(endpoint: string, sampleRatio = 1) {
  return readTracingSettings({ OTEL_SERVICE_NAME: 'shop-gateway' }, { endpoint, sampleRatio });
}

const CALL = createTransportRequest({
  query: '{ a }',
  operationName: undefined,
  operationType: OperationTypeNode.QUERY,
  variables: {},
});

/** To where nothing listens. */
function openTransport(name: string, hooks: TransportHooks) {
  const deps = { clock: systemClock, logger: silentLogger, identitySecret: null, retriesMax: 0 };
  const transport = createHttpTransport({ name, url: 'http://127.0.0.1:9/graphql', ...deps, ...hooks });
  onTestFinished(() => transport.close());
  return transport;
}

/** One operation as a door runs it: a request's span, then the gateway with its context. */
async function runTraced(
  { gateway, telemetry }: Awaited<ReturnType<typeof openWatchedGateway>>,
  query: string,
  given: { readonly headers?: Record<string, string>; readonly variables?: Record<string, unknown> } = {},
) {
  const { headers = {}, variables = {} } = given;
  const request = telemetry.tracer?.startRequest(headers, { 'http.request.method': 'POST' });
  const client: ClientInfo = { ...createInfo(), headers: request?.headers(headers) ?? headers };
  const asked = { query, operationName: undefined, variables, extensions: {} };
  const operation = await gateway.prepare(asked, client);
  if ('errors' in operation) return request?.end('ERROR');
  const answer = await gateway.execute(operation, variables, client);
  request?.end('OK', { 'graphql.operation.type': 'query', 'graphql.operation.name': operation.name ?? '' });
  return answer.body.toString();
}

test('a request, its steps and its calls are one trace, which the caller began and the subgraphs continue', async () => {
  const collector = await openSpanReceiver();
  const world = await openWatchedGateway({ tracing: settingsFor(collector.url) });
  await runTraced(world, 'query Me { me { name reviews } }', { headers: INCOMING });
  await world.telemetry.close();

  const [request] = collector.named('query Me');
  const [execute] = collector.named('execute');
  const [prepare] = collector.named('prepare');
  expect(request).toMatchObject({ traceId: TRACE_ID, parentSpanId: CALLER, kind: 2 });
  expect(request?.resource['service.name']).toBe('shop-gateway');
  expect(prepare).toMatchObject({ traceId: TRACE_ID, parentSpanId: request?.spanId });
  expect(execute).toMatchObject({ traceId: TRACE_ID, parentSpanId: request?.spanId });
  for (const { subgraph, headers } of world.seen) {
    const [call] = collector.named(`subgraph ${subgraph}`);
    expect(call).toMatchObject({ traceId: TRACE_ID, parentSpanId: execute?.spanId, kind: 3 });
    expect(headers.traceparent).toBe(`00-${TRACE_ID}-${call?.spanId}-01`);
    expect(headers.tracestate).toBe('vendor=1');
  }
  expect(world.seen.map(({ subgraph }) => subgraph)).toEqual(['accounts', 'reviews']);
});

test('an operation of a WebSocket is a request of its own, named as over HTTP', async () => {
  const collector = await openSpanReceiver();
  const world = await openWatchedGateway({ tracing: settingsFor(collector.url) });
  await world.ask('query Me { me { name } }');
  const client = createClient({ url: `${world.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket });
  for (const query of ['query Me { me { name } }', '{ me { id } }', '{ nothing }']) {
    await client
      .iterate({ query })
      .next()
      .catch(() => undefined);
  }
  await client.dispose();
  await world.telemetry.close();

  const [overHttp, overSocket] = collector.named('query Me');
  const facts = ['graphql.operation.type', 'graphql.operation.name', 'graphql.document.hash'] as const;
  expect(overSocket?.facts['network.protocol.name']).toBe('websocket');
  expect(facts.map((fact) => overSocket?.facts[fact])).toEqual(facts.map((fact) => overHttp?.facts[fact]));
  // What is refused before it is known to be an operation has no name.
  expect(collector.spans.filter(({ kind }) => kind === 2).map(({ name }) => name)).toEqual([
    'query Me',
    'query Me',
    'query',
    'graphql',
  ]);
});

test('spans tell of an operation by name and hash, never by its text, its variables or its answer', async () => {
  const collector = await openSpanReceiver();
  const world = await openWatchedGateway({ tracing: settingsFor(collector.url) });
  const query = 'query Secretive($text: String!) { echo(text: $text) literal: echo(text: "in-the-document") }';
  await runTraced(world, query, { variables: { text: 'in-a-variable' } });
  await runTraced(world, '{ nothing(text: "in-a-mistake") }');
  await world.telemetry.close();

  const [execute] = collector.named('execute');
  expect(execute?.facts).toMatchObject({
    'graphql.operation.name': 'Secretive',
    'graphql.operation.type': 'query',
    'graphql.document.hash': expect.stringMatching(/^[\da-f]{64}$/),
    'graphql.outcome': 'ok',
  });
  const sent = collector.bodies.join('\n');
  expect(sent).toContain('Secretive');
  for (const text of ['in-a-variable', 'in-the-document', 'in-a-mistake', 'echo(']) expect(sent).not.toContain(text);
});

test('what fails is marked: a refused operation, a partial answer, a call without an answer', async () => {
  const collector = await openSpanReceiver();
  const world = await openWatchedGateway({ tracing: settingsFor(collector.url) });
  await runTraced(world, '{ nothing }');
  await runTraced(world, 'query Half { me { name } fails }');
  const gone = world.telemetry.transport('gone', (hooks) => openTransport('gone', hooks));
  expect((await gone.execute(CALL, createInfo())).read().errors).toHaveLength(1);
  const left = world.telemetry.transport('left', (hooks) => openTransport('left', hooks));
  await expect(left.execute(CALL, { ...createInfo(), signal: AbortSignal.abort() })).rejects.toThrow('aborted');
  await world.telemetry.close();

  const refused = collector.named('prepare').find(({ status }) => status.code === 2);
  expect(refused?.facts).toMatchObject({ error: true, 'error.type': 'GRAPHQL_VALIDATION_FAILED' });
  expect(collector.named('execute')[0]?.facts).toMatchObject({ error: true, 'graphql.outcome': 'partial' });
  expect(collector.named('subgraph gone')[0]?.facts).toMatchObject({ error: true, 'error.type': 'UNAVAILABLE' });
  expect(collector.named('subgraph left')[0]?.facts).toMatchObject({ error: true, 'subgraph.outcome': 'aborted' });
});

test('a call’s span has what its transport says of it, for a transport that says for whom it called', async () => {
  const collector = await openSpanReceiver();
  const { telemetry } = await openWatchedGateway({ tracing: settingsFor(collector.url) });
  const transport = telemetry.transport('orders', ({ onCall }) => ({
    execute: async ({ operationType }, info) => {
      onCall?.({ subgraph: 'orders', operationType, durationMs: 1, outcome: 'OK', retries: 2, bytes: 7 }, info);
      return { bytes: Buffer.from('{}'), cacheControl: null, read: () => ({ data: null }) };
    },
    subscribe: () => {
      throw new Error('nobody subscribes');
    },
    close: async () => undefined,
  }));
  await transport.execute(CALL, createInfo());
  await telemetry.close();
  const [span] = collector.named('subgraph orders');
  expect(span?.facts).toMatchObject({ 'subgraph.outcome': 'ok', 'subgraph.retries': 2, 'subgraph.answer_bytes': 7 });
});

test('planning is a span the first time, and a hit of the plan cache from then on', async () => {
  const collector = await openSpanReceiver();
  const { telemetry, gateway } = await openWatchedGateway({ tracing: settingsFor(collector.url) });
  const client = createInfo();
  const asked = { query: '{ me { id } }', operationName: undefined, variables: {}, extensions: {} };
  const operation = await gateway.prepare(asked, client);
  if ('errors' in operation) throw new Error('it is valid');
  const { executionObserver: observer } = telemetry;
  const [made, kept] = [{ fetchCount: 3 }, { fetchCount: 4 }];
  expect(observer?.compile({ operation, client, isKept: false }, () => made)).toBe(made);
  expect(observer?.compile({ operation, client, isKept: true }, () => kept)).toBe(kept);
  const fails = () => {
    throw new Error('no plan');
  };
  expect(() => observer?.compile({ operation, client, isKept: false }, fails)).toThrow('no plan');
  const page = await telemetry.page?.print();
  for (const result of ['hit', 'miss', 'failed']) {
    expect(page).toContain(`playgraph_gateway_plan_cache_total{result="${result}"} 1`);
  }
  await telemetry.close();
  expect(collector.named('plan').map(({ status }) => status.code)).toEqual([0, 2]);
});

test('a request that is not sampled sends no span, and the subgraph learns so', async () => {
  const collector = await openSpanReceiver();
  const world = await openWatchedGateway({ tracing: settingsFor(collector.url, 0) });
  await runTraced(world, '{ me { id } }');
  await runTraced(world, '{ me { id } }', { headers: { traceparent: `00-${TRACE_ID}-${CALLER}-00` } });
  await world.telemetry.close();
  expect(collector.spans).toEqual([]);
  expect(world.seen[0]?.headers.traceparent).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-00$/);
  expect(world.seen[1]?.headers.traceparent).toMatch(new RegExp(`^00-${TRACE_ID}-[\\da-f]{16}-00$`));
});

test('what the caller decided is kept, whatever the ratio: a trace is whole or not at all', async () => {
  const collector = await openSpanReceiver();
  const world = await openWatchedGateway({ tracing: settingsFor(collector.url, 0) });
  await runTraced(world, '{ me { id } }', { headers: INCOMING });
  await world.telemetry.close();
  expect(collector.named('execute')).toHaveLength(1);
});

test('trace context that is not well-formed begins a new trace', async () => {
  const collector = await openSpanReceiver();
  const { telemetry } = await openWatchedGateway({ tracing: settingsFor(collector.url) });
  const zeros = `00-${'0'.repeat(32)}-${CALLER}-01`;
  const [cut, long] = [`00-${TRACE_ID}-${CALLER}`, `00-${TRACE_ID}-${CALLER}-01-more`];
  for (const traceparent of ['nonsense', zeros, `ff-${TRACE_ID}-${CALLER}-01`, cut, long]) {
    telemetry.tracer?.startRequest({ traceparent }).end('OK');
  }
  await telemetry.close();
  expect(collector.spans).toHaveLength(5);
  expect(collector.spans.every(({ traceId, parentSpanId }) => traceId !== TRACE_ID && !parentSpanId)).toBe(true);
});

test('a collector that takes nothing costs spans and no requests', async () => {
  const url = await openServer((_request, response) => void response.writeHead(400).end());
  const world = await openWatchedGateway({ tracing: settingsFor(url) });
  expect(await runTraced(world, '{ me { id } }')).toBe('{"data":{"me":{"id":"1"}}}');
  await expect(world.telemetry.close()).resolves.toBeUndefined();
});

test('OpenTelemetry’s own sampler variables decide where they are set', async () => {
  vi.stubEnv('OTEL_TRACES_SAMPLER', 'always_off');
  onTestFinished(() => void vi.unstubAllEnvs());
  const collector = await openSpanReceiver();
  const tracing = readTracingSettings(process.env, { endpoint: collector.url, sampleRatio: 1 });
  const telemetry = await createTelemetry({ metrics: false, tracing, accessLog: null, clock: systemClock });
  telemetry.tracer?.startRequest(INCOMING).end('OK');
  await telemetry.close();
  expect(collector.spans).toEqual([]);
});

test('spans go to the endpoint of the settings, else to that of OpenTelemetry’s variables, else nowhere', () => {
  const read = (env: Record<string, string>, endpoint: string | null = null) =>
    readTracingSettings(env, { endpoint, sampleRatio: 0.5 });
  const generic = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' };
  const traces = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/spans' };
  expect(read({})).toBeNull();
  expect(read(generic)?.url).toBe('http://collector:4318/v1/traces');
  expect(read({ ...generic, ...traces })?.url).toBe('http://collector:4318/spans');
  expect(read(generic, 'http://own:4318')?.url).toBe('http://own:4318/v1/traces');
  expect(read(generic, 'http://own:4318/custom')?.url).toBe('http://own:4318/custom');
  expect(read({ ...generic, OTEL_SDK_DISABLED: 'true' })).toBeNull();
  expect(read({ ...generic, OTEL_TRACES_EXPORTER: 'none' })).toBeNull();
});

test('a process is described by OpenTelemetry’s variables, and sampled by the settings unless these say otherwise', () => {
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
    OTEL_RESOURCE_ATTRIBUTES: 'service.name=ignored,deployment.environment=west%20coast,broken,=x,bad=%zz',
  };
  const terms = { endpoint: null, sampleRatio: 0.5 };
  expect(readTracingSettings({ ...env, OTEL_SERVICE_NAME: 'shop' }, terms)).toEqual({
    url: 'http://collector:4318/v1/traces',
    serviceName: 'shop',
    resource: { 'deployment.environment': 'west coast' },
    sampleRatio: 0.5,
  });
  expect(readTracingSettings(env, terms)?.serviceName).toBe('ignored');
  expect(readTracingSettings({ ...env, OTEL_TRACES_SAMPLER: 'always_on' }, terms)?.sampleRatio).toBeNull();
});

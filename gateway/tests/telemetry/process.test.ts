import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from 'graphql-ws';
import { expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import { loadConfig } from '../../src/config.ts';
import { startGateway } from '../../src/start-gateway.ts';
import { supergraphOf } from '../supergraphs.ts';
import { sampleOf, valuesOfLabel } from './read-metrics.ts';
import { openSpanReceiver } from './span-receiver.ts';
import { openServer } from './watched-gateway.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const HEADERS = { 'content-type': 'application/json', traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01` };

/** The gateway as its process starts it, over one subgraph, with everything on. */
async function openProcess(env: Record<string, string> = {}) {
  const seen: (string | undefined)[] = [];
  const subgraph = await openServer((request, response) => {
    seen.push(request.headers.traceparent as string | undefined);
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{"one":1}}');
  });
  const folder = mkdtempSync(path.join(tmpdir(), 'gateway-'));
  const file = path.join(folder, 'supergraph.graphql');
  writeFileSync(file, supergraphOf('one'));
  const collector = await openSpanReceiver();
  const gateway = await startGateway(
    loadConfig({
      env: {
        SUPERGRAPH: file,
        PORT: '0',
        LOG_LEVEL: 'silent',
        SUBGRAPH_URL_ONE: `${subgraph}/graphql`,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        ...env,
      },
    }),
  );
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= gateway.close();
    return closing;
  };
  onTestFinished(async () => {
    await close();
    rmSync(folder, { recursive: true });
  });
  return { url: gateway.url, seen, collector, close };
}

test('a process shows a request over HTTP from the door to the subgraph: one trace, and its metrics', async () => {
  const { url, seen, collector, close } = await openProcess();
  const body = JSON.stringify({ query: 'query One { one }' });
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: HEADERS, body });
  expect(await response.json()).toEqual({ data: { one: 1 } });
  const page = await (await fetch(`${url}/metrics`)).text();
  expect(sampleOf(page, 'operation_duration_seconds_count', { operation: 'One' })).toBe(1);
  expect(sampleOf(page, 'operation_calls_sum', { operation: 'One' })).toBe(1);
  expect(sampleOf(page, 'plan_cache_total', { result: 'miss' })).toBe(1);
  expect(sampleOf(page, 'plan_fetches_sum')).toBe(1);
  expect(sampleOf(page, 'compiled_operations')).toBe(1);
  expect(sampleOf(page, 'supergraph_loads_total', { result: 'ok' })).toBe(1);
  expect(valuesOfLabel(page, 'supergraph_info', 'hash').size).toBe(1);
  await close();

  const [request] = collector.named('query One');
  expect(request).toMatchObject({ traceId: TRACE_ID, parentSpanId: 'b7ad6b7169203331', kind: 2 });
  expect(request?.facts).toMatchObject({ 'http.request.method': 'POST', 'http.response.status_code': 200 });
  const [execute] = collector.named('execute');
  expect(execute?.parentSpanId).toBe(request?.spanId);
  expect(collector.named('plan')[0]?.parentSpanId).toBe(execute?.spanId);
  const [call] = collector.named('subgraph one');
  expect(call).toMatchObject({ parentSpanId: execute?.spanId });
  expect(seen).toEqual([`00-${TRACE_ID}-${call?.spanId}-01`]);
});

test('an operation over a WebSocket has a span of its own, under the context of its socket', async () => {
  const { url, collector, close } = await openProcess();
  const { traceparent } = HEADERS;
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { traceparent },
  });
  for await (const { data } of client.iterate({ query: 'query One { one }' })) expect(data).toEqual({ one: 1 });
  await client.dispose();
  const page = await (await fetch(`${url}/metrics`)).text();
  expect(sampleOf(page, 'operation_duration_seconds_count', { operation: 'One', outcome: 'ok' })).toBe(1);
  await close();
  const request = collector.spans.find(({ kind }) => kind === 2);
  expect(request).toMatchObject({ traceId: TRACE_ID, facts: { 'network.protocol.name': 'websocket' } });
  expect(collector.named('execute')[0]?.parentSpanId).toBe(request?.spanId);
});

test('metrics that have a port of their own are not on the gateway’s, and off is off', async () => {
  const own = await openProcess({ GATEWAY_TELEMETRY_METRICS_PORT: '0' });
  expect((await fetch(`${own.url}/metrics`)).status).toBe(404);
  const off = await openProcess({ GATEWAY_TELEMETRY_METRICS: 'off', OTEL_SDK_DISABLED: 'true' });
  expect((await fetch(`${off.url}/metrics`)).status).toBe(404);
  const body = JSON.stringify({ query: '{ one }' });
  await fetch(`${off.url}/graphql`, { method: 'POST', headers: HEADERS, body });
  await off.close();
  expect(off.seen).toEqual([HEADERS.traceparent]);
  expect(off.collector.spans).toEqual([]);
});

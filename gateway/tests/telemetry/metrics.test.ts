import { createHash } from 'node:crypto';
import { silentLogger } from '@playgraph/kernel/logger';
import { expect, test } from 'vitest';
import { createMetricsHandler, listenForMetrics } from '../../src/telemetry/serve-metrics.ts';
import { readMetricNames } from './metric-manual.ts';
import { sampleOf, valuesOfLabel } from './read-metrics.ts';
import { openWatchedGateway } from './watched-gateway.ts';

const QUERY = 'query Me { me { name reviews } }';

test('a scrape tells of an operation, its answer and its calls to each subgraph', async () => {
  const { ask, scrape } = await openWatchedGateway();
  await ask(QUERY);
  const answer = await ask(QUERY);
  expect(answer).toEqual({ data: { me: { name: 'Ann', reviews: ['good'] } } });

  const response = await scrape();
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
  const page = await response.text();
  const operation = { operation: 'Me', type: 'query' };
  expect(sampleOf(page, 'operation_duration_seconds_count', { ...operation, outcome: 'ok' })).toBe(2);
  expect(sampleOf(page, 'answer_bytes_total', operation)).toBe(2 * JSON.stringify(answer).length);
  expect(sampleOf(page, 'operations_running')).toBe(0);
  for (const subgraph of ['accounts', 'reviews']) {
    expect(sampleOf(page, 'subgraph_call_duration_seconds_count', { subgraph, type: 'query', outcome: 'ok' })).toBe(2);
    expect(sampleOf(page, 'subgraph_answer_bytes_total', { subgraph })).toBeGreaterThan(0);
    expect(sampleOf(page, 'subgraph_breaker_state', { subgraph })).toBe(0);
  }
  expect(sampleOf(page, 'calls_total', { kind: 'sent' })).toBe(4);
  expect(sampleOf(page, 'runs_total', { how: 'executed' })).toBe(2);
  expect(sampleOf(page, 'http_request_duration_seconds_count', { method: 'POST', status: '200' })).toBe(2);
  expect(page).toContain('playgraph_gateway_nodejs_eventloop_lag_seconds');
});

test('scraping twice counts nothing twice', async () => {
  const { ask, scrape } = await openWatchedGateway();
  await ask(QUERY);
  await scrape();
  const page = await (await scrape()).text();
  expect(sampleOf(page, 'calls_total', { kind: 'sent' })).toBe(2);
  expect(sampleOf(page, 'runs_total', { how: 'executed' })).toBe(1);
});

test('errors count by their code, and a partial answer is told from a whole one', async () => {
  const { ask, scrape } = await openWatchedGateway();
  const { errors } = await ask('query Half { me { name } fails }');
  expect(errors).toHaveLength(1);
  const page = await (await scrape()).text();
  expect(sampleOf(page, 'errors_total', { code: 'SOLD_OUT' })).toBe(1);
  expect(sampleOf(page, 'operation_duration_seconds_count', { operation: 'Half', outcome: 'partial' })).toBe(1);
  expect(sampleOf(page, 'subgraph_call_duration_seconds_count', { subgraph: 'accounts', outcome: 'ok' })).toBe(1);
  expect(sampleOf(page, 'subgraph_answers_with_errors_total', { subgraph: 'accounts' })).toBe(1);
});

test('what is refused before it runs counts by code and limit, and not as an operation', async () => {
  const { ask, scrape } = await openWatchedGateway();
  await ask('{ nothing }');
  await ask(`{ ${'me { name } '.repeat(300)} }`);
  const page = await (await scrape()).text();
  expect(sampleOf(page, 'refusals_total', { code: 'GRAPHQL_VALIDATION_FAILED' })).toBe(1);
  expect(sampleOf(page, 'refusals_total', { code: 'COST_EXCEEDED', limit: 'rootFields' })).toBe(1);
  expect(valuesOfLabel(page, 'operation_duration_seconds_count', 'operation').size).toBe(0);
});

test('a document that is named by its hash is a miss, then registered, then a hit', async () => {
  const { send, scrape } = await openWatchedGateway();
  const sha256Hash = createHash('sha256').update(QUERY).digest('hex');
  const extensions = { persistedQuery: { version: 1, sha256Hash } };
  await send({ extensions });
  await send({ extensions, query: QUERY });
  await send({ extensions });
  const page = await (await scrape()).text();
  for (const result of ['miss', 'registered', 'hit']) {
    expect(sampleOf(page, 'persisted_operations_total', { result })).toBe(1);
  }
});

test('no text of a client but an operation name comes to the page, and of these only so many', async () => {
  const { ask, scrape } = await openWatchedGateway({ operationNames: ['Listed'] });
  for (let i = 0; i < 250; i++) await ask(`query Op${i} { me { id } }`);
  await ask(`query ${'L'.repeat(100)} { me { id } }`);
  await ask('query Listed { me { id } }');
  await ask('query Secretive($text: String!) { echo(text: $text) }', { text: 'a-user-secret' });
  await ask('{ me { id } }');
  const page = await (await scrape()).text();
  const names = valuesOfLabel(page, 'operation_duration_seconds_count', 'operation');
  // 200, and `other` for the rest.
  expect(names.size).toBe(201);
  expect([...names]).toEqual(expect.arrayContaining(['Op0', 'Listed', 'anonymous', 'other']));
  expect(page).not.toContain('a-user-secret');
  expect(page).not.toContain('LLLLL');
});

test('the page exists only for whoever asks on this machine, and not through a proxy', async () => {
  const { url, scrape } = await openWatchedGateway();
  const proxied = await scrape({ 'x-forwarded-for': '203.0.113.7' });
  expect(proxied.status).toBe(404);
  expect(await proxied.text()).not.toContain('playgraph_gateway_');
  const posted = await fetch(`${url}/metrics`, { method: 'POST' });
  expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  expect(await posted.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
});

test('metrics can be had on a listener of their own, and nothing else there', async () => {
  const { telemetry } = await openWatchedGateway();
  if (!telemetry.page) throw new Error('metrics are on');
  const handle = createMetricsHandler({ metrics: telemetry.page, access: 'any', logger: silentLogger });
  const listener = await listenForMetrics(handle, { host: '127.0.0.1', port: 0 });
  const response = await fetch(listener.url, { headers: { 'x-forwarded-for': '203.0.113.7' } });
  expect(await response.text()).toContain('playgraph_gateway_operations_running');
  expect((await fetch(new URL('/graphql', listener.url))).status).toBe(404);
  await listener.close();
});

test('the manual names every metric that is on the page, and no other', async () => {
  const { scrape } = await openWatchedGateway();
  const page = await (await scrape()).text();
  const own = [...page.matchAll(/^# TYPE playgraph_gateway_(\w+)/gm)].map(([, name]) => name);
  const shown = own.filter((name) => !name?.startsWith('process_') && !name?.startsWith('nodejs_'));
  expect(shown.toSorted()).toEqual((await readMetricNames()).toSorted());
});

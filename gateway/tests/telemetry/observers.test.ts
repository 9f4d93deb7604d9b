import { OperationTypeNode } from 'graphql';
import { expect, test } from 'vitest';
import { createCallCounts } from '../../src/calls/call-counts.ts';
import type { PreparedOperation } from '../../src/operations/prepare-operation.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { sampleOf, valuesOfLabel } from './read-metrics.ts';

test('a breaker that opens shows, with each change', async () => {
  const { subgraphs, print } = createMetrics([]);
  subgraphs.onOpened('orders');
  subgraphs.onStateChange({ subgraph: 'orders', from: 'CLOSED', to: 'OPEN' });
  expect(sampleOf(await print(), 'subgraph_breaker_state', { subgraph: 'orders' })).toBe(2);
  subgraphs.onStateChange({ subgraph: 'orders', from: 'OPEN', to: 'HALF_OPEN' });
  const page = await print();
  expect(sampleOf(page, 'subgraph_breaker_state', { subgraph: 'orders' })).toBe(1);
  expect(sampleOf(page, 'subgraph_breaker_changes_total', { subgraph: 'orders', to: 'open' })).toBe(1);
});

test('a call that was retried and got no answer counts its retries and its outcome', async () => {
  const { subgraphs, print } = createMetrics([]);
  const call = { subgraph: 'orders', operationType: OperationTypeNode.QUERY, durationMs: 1500, bytes: 0 };
  subgraphs.onCall({ ...call, outcome: 'DEADLINE_EXCEEDED', retries: 2 });
  const page = await print();
  expect(sampleOf(page, 'subgraph_retries_total', { subgraph: 'orders' })).toBe(2);
  expect(sampleOf(page, 'subgraph_call_duration_seconds_sum', { outcome: 'deadline_exceeded' })).toBe(1.5);
});

test('the calls of an operation add up to what subgraphs were asked, and what it did not need shows', async () => {
  const { operations, print } = createMetrics([]);
  const operation = { name: 'Shop' } as PreparedOperation;
  const calls = { ...createCallCounts(), sent: 4, shared: 1, predicted: 3, claimed: 1, unclaimed: 2 };
  operations.onRun(operation, { how: 'EXECUTED', calls });
  operations.onRun(operation, { how: 'JOINED', calls });
  const page = await print();
  expect(sampleOf(page, 'operation_calls_count', { operation: 'Shop' })).toBe(2);
  expect(sampleOf(page, 'operation_calls_sum', { operation: 'Shop' })).toBe(5);
  expect(sampleOf(page, 'operation_unclaimed_calls_total', { operation: 'Shop' })).toBe(2);
});

test('sockets, streams and upstreams that have closed no longer count, and odd close codes share a place', async () => {
  const { streams, print } = createMetrics([]);
  streams.onSocketOpened?.();
  streams.onSocketOpened?.();
  streams.onStreamOpened?.({ isShared: false });
  streams.onStreamOpened?.({ isShared: true });
  streams.onUpstreamOpened?.('orders');
  streams.onEventIn?.('orders');
  streams.onEventOut?.(120);
  streams.onEventOut?.(80);
  streams.onSlowReader?.('close');
  streams.onStreamClosed?.();
  streams.onUpstreamClosed?.('orders');
  for (const code of [4429, 3001, 3002, 3003]) streams.onSocketClosed?.(code);
  const page = await print();
  expect(sampleOf(page, 'streams')).toBe(1);
  expect(sampleOf(page, 'streams_opened_total', { shared: 'true' })).toBe(1);
  expect(sampleOf(page, 'upstreams', { subgraph: 'orders' })).toBe(0);
  expect(sampleOf(page, 'events_in_total', { subgraph: 'orders' })).toBe(1);
  expect(sampleOf(page, 'events_out_total')).toBe(2);
  expect(sampleOf(page, 'event_bytes_out_total')).toBe(200);
  expect(sampleOf(page, 'slow_readers_total', { policy: 'close' })).toBe(1);
  expect(valuesOfLabel(page, 'socket_closes_total', 'code')).toEqual(new Set(['4429', 'other']));
});

test('the version of the supergraph shows, and that a newer one could not be used', async () => {
  const { onSupergraph, print } = createMetrics([]);
  onSupergraph({ hash: 'aaaa', atMs: 1_000 });
  onSupergraph({ hash: 'bbbb', atMs: 5_000 });
  onSupergraph({ hash: null, atMs: 9_000 });
  const page = await print();
  expect(valuesOfLabel(page, 'supergraph_info', 'hash')).toEqual(new Set(['bbbb']));
  expect(sampleOf(page, 'supergraph_loaded_timestamp_seconds')).toBe(5);
  expect(sampleOf(page, 'supergraph_loads_total', { result: 'ok' })).toBe(2);
  expect(sampleOf(page, 'supergraph_loads_total', { result: 'failed' })).toBe(1);
});

test('caches count what they found, what they missed and when their store was silent', async () => {
  const { caches, print } = createMetrics([]);
  caches({ cache: 'ENTITY', kind: 'HIT', count: 3 });
  caches({ cache: 'ENTITY', kind: 'MISS', count: 2 });
  caches({ cache: 'ENTITY', kind: 'ERROR', count: 1 });
  caches({ cache: 'ANSWER', kind: 'HIT', count: 1 });
  const page = await print();
  expect(sampleOf(page, 'cache_total', { cache: 'entity', kind: 'hit' })).toBe(3);
  expect(sampleOf(page, 'cache_total', { cache: 'entity', kind: 'miss' })).toBe(2);
  expect(sampleOf(page, 'cache_total', { cache: 'entity', kind: 'error' })).toBe(1);
  expect(sampleOf(page, 'cache_total', { cache: 'answer', kind: 'hit' })).toBe(1);
});

import { forbidden } from '@playgraph/kernel/errors';
import { expect, test } from 'vitest';
import type { ClientInfo, IncrementalAnswer } from '../../src/client-request.ts';
import type { Gateway } from '../../src/gateway.ts';
import type { PreparedOperation } from '../../src/operations/prepare-operation.ts';
import { printEnd, type StreamAnswer } from '../../src/subscriptions/stream-answer.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { observeGateway } from '../../src/telemetry/observe-gateway.ts';
import { sampleOf } from './read-metrics.ts';

const operation = { name: 'Shop', definition: { operation: 'query' } } as PreparedOperation;
const request = { query: '{ a }', operationName: undefined, variables: {}, extensions: {} };
const clientOf = (signal: AbortSignal): ClientInfo => ({
  ...{ identity: null, correlationId: 'observed', signal, isMetered: false, headers: {}, allowsSharing: true },
});
const here = clientOf(new AbortController().signal);
const answerOf = (body: object): StreamAnswer => ({
  ...{ body: Buffer.from(JSON.stringify(body)), outcome: 'DATA', status: null, cacheControl: null },
});
const soldOut = { errors: [{ message: 'none left', extensions: { code: 'SOLD_OUT' } }], data: { a: null } };

const never = () => Promise.reject(new TypeError('it is not asked for that'));
type Steps = Pick<Gateway, 'prepare' | 'execute' | 'executeIncrementally' | 'subscribe'>;

/** A gateway whose steps end as the test says, and that is counted in `metrics`. */
const watch = (steps: Partial<Steps>, metrics = createMetrics([])): Steps =>
  observeGateway<Steps>(
    { prepare: never, execute: never, executeIncrementally: never, subscribe: async function* () {}, ...steps },
    { metrics, tracer: null },
  );

test('errors in events count like those in answers, and so does the end of a stream that is none', async () => {
  const metrics = createMetrics([]);
  const shared = answerOf(soldOut);
  const gateway = watch(
    {
      async *subscribe() {
        yield* [answerOf({ data: { a: 1 } }), shared, printEnd('UPSTREAM_LOST')];
      },
    },
    metrics,
  );
  const seen: StreamAnswer[] = [];
  for (const _client of ['first', 'second'])
    for await (const answer of gateway.subscribe(operation, {}, here)) seen.push(answer);
  expect(seen).toHaveLength(6);
  expect(seen[1]).toBe(shared);
  const page = await metrics.print();
  expect(sampleOf(page, 'errors_total', { code: 'SOLD_OUT' })).toBe(2);
  expect(sampleOf(page, 'errors_total', { code: 'UPSTREAM_LOST' })).toBe(2);
});

test('whoever leaves a stream that is counted while it waits for an event is heard at once', async () => {
  let hasLeft = false;
  const waiting = {
    next: () => new Promise<never>(() => undefined),
    return: async () => {
      hasLeft = true;
      return { done: true as const, value: undefined };
    },
  };
  const subscribe = () => waiting as unknown as AsyncGenerator<StreamAnswer, void, void>;
  const gateway = watch({ subscribe });
  const answers = gateway.subscribe(operation, {}, here);
  void answers.next();
  expect(await answers.return()).toEqual({ done: true, value: undefined });
  expect(hasLeft).toBe(true);
});

test('errors of the first part of an answer in parts count', async () => {
  const metrics = createMetrics([]);
  const initial = Buffer.from(JSON.stringify({ ...soldOut, hasNext: true }));
  const executeIncrementally = async (): Promise<IncrementalAnswer> => ({ initial, rest: (async function* () {})() });
  const gateway = watch({ executeIncrementally }, metrics);
  await gateway.executeIncrementally(operation, {}, here);
  const page = await metrics.print();
  expect(sampleOf(page, 'errors_total', { code: 'SOLD_OUT' })).toBe(1);
  expect(sampleOf(page, 'operation_duration_seconds_count', { operation: 'Shop', outcome: 'deferred' })).toBe(1);
});

test('what breaks while its client waits is an error without data; what breaks because its client left is neither', async () => {
  const metrics = createMetrics([]);
  const fails = () => Promise.reject(new Error('broken'));
  const refuses = () => Promise.reject(forbidden('Later.'));
  const gateway = watch({ prepare: refuses, execute: fails }, metrics);
  const gone = clientOf(AbortSignal.abort());
  await expect(gateway.prepare(request, here)).rejects.toThrow('Later.');
  await expect(gateway.execute(operation, {}, here)).rejects.toThrow('broken');
  await expect(gateway.prepare(request, gone)).rejects.toThrow('Later.');
  await expect(gateway.execute(operation, {}, gone)).rejects.toThrow('broken');
  const page = await metrics.print();
  expect(sampleOf(page, 'errors_total', { code: 'FORBIDDEN' })).toBe(1);
  expect(sampleOf(page, 'errors_total', { code: 'INTERNAL_SERVER_ERROR' })).toBe(1);
  expect(sampleOf(page, 'operation_duration_seconds_count', { operation: 'Shop', outcome: 'null' })).toBe(1);
  expect(sampleOf(page, 'operation_duration_seconds_count', { operation: 'Shop', outcome: 'aborted' })).toBe(1);
});

import { OperationTypeNode } from 'graphql';
import { expect, test } from 'vitest';
import {
  createExecutionMemory,
  type RememberedExecution,
  toOwnBytes,
  toRememberedRequest,
} from '../../src/calls/execution-memory.ts';
import { createWalkedWorld, identityOf, requestFor } from './walk.ts';

function executionOf(bytes: number, { isParsed = false } = {}): RememberedExecution {
  const answer = Buffer.alloc(bytes, 'x');
  const call = {
    subgraph: 'alpha',
    request: requestFor(1),
    purpose: undefined,
    bytes: answer,
    cacheControl: null,
    answer: isParsed ? { bytes: answer, cacheControl: null, read: () => ({ data: {} }) } : null,
  };
  return { calls: [call], output: null, changes: 0 };
}

test('past its bytes the memory lets go of what was not used for longest', () => {
  const memory = createExecutionMemory({ bytesMax: 100_000 });
  for (const key of ['a', 'b', 'c']) memory.keep(key, executionOf(25_000));
  memory.find('a');
  memory.keep('d', executionOf(25_000));
  expect(['a', 'b', 'c', 'd'].filter((key) => memory.find(key))).toEqual(['a', 'c', 'd']);
  expect(memory.size().bytes).toBeLessThanOrEqual(100_000);
});

test('a parsed answer counts for what it takes on the heap', () => {
  const memory = createExecutionMemory();
  memory.keep('a', executionOf(10_000));
  const { bytes } = memory.size();
  memory.keep('a', executionOf(10_000, { isParsed: true }));
  expect(memory.size().bytes).toBeGreaterThanOrEqual(bytes + 30_000);
  expect(memory.size().executions).toBe(1);
});

test('an execution that is too large is not remembered, and does not push out what is', () => {
  const memory = createExecutionMemory({ bytesMax: 100_000, executionBytesMax: 20_000 });
  const small = executionOf(10_000);
  memory.keep('a', small);
  memory.keep('a', executionOf(30_000));
  memory.keep('b', executionOf(30_000));
  expect(memory.find('a')).toBe(small);
  expect(memory.find('b')).toBeUndefined();
});

test('no more executions are remembered than allowed, however small', () => {
  const memory = createExecutionMemory({ executionsMax: 3 });
  for (let i = 0; i < 10; i += 1) memory.keep(`${i}`, executionOf(1));
  expect(memory.size().executions).toBe(3);
});

test('what is remembered of many clients stays within the limit that the runner was given', async () => {
  const bytesMax = 30_000;
  const world = createWalkedWorld({ prediction: true, limits: { bytesMax } });
  for (let i = 0; i < 50; i += 1) {
    await world.finish({ roots: [1, 2, 3], steps: 1 }, { identity: identityOf(`user ${i}`) });
    expect(world.runner.stats().remembered.bytes).toBeLessThanOrEqual(bytesMax);
  }
  expect(world.runner.stats().remembered.executions).toBeGreaterThan(3);
  expect(world.runner.stats().remembered.executions).toBeLessThan(50);
});

test('a remembered request is the same request, and holds on to its body alone', () => {
  const request = requestFor(7);
  const remembered = toRememberedRequest(request);
  expect(remembered.body).toBe(request.body);
  expect(remembered.query).toBe(request.query);
  expect(remembered.variables).toEqual({ id: 7 });
  expect(remembered.document).toEqual(request.document);
  expect(remembered.operationType).toBe(OperationTypeNode.QUERY);
});

test('bytes that were cut from a larger piece are copied, so that the piece can go', () => {
  const piece = Buffer.allocUnsafeSlow(1_000).fill('y');
  const own = toOwnBytes(piece.subarray(10, 20));
  expect(own.equals(piece.subarray(10, 20))).toBe(true);
  expect(own.buffer.byteLength).toBe(10);
  expect(toOwnBytes(piece)).toBe(piece);
});

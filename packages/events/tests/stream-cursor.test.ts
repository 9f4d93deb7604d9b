import { encodeStreamCursor, parseStreamCursor, SEQ_MAX } from '@playgraph/events/stream-cursor';
import { DomainError } from '@playgraph/kernel/errors';
import { encodeCursor } from '@playgraph/kernel/page';
import { expect, test } from 'vitest';

test('a cursor says behind which event of its stream to go on, and no cursor means from now on', () => {
  expect(parseStreamCursor('order_1', encodeStreamCursor('order_1', 0))).toBe(0);
  expect(parseStreamCursor('order_1', encodeStreamCursor('order_1', SEQ_MAX))).toBe(SEQ_MAX);
  expect(parseStreamCursor('order_1', null)).toBeNull();
  expect(parseStreamCursor('order_1', undefined)).toBeNull();
});

test.each([
  ['another stream', encodeStreamCursor('order_2', 1)],
  ['a number below zero', encodeStreamCursor('order_1', -1)],
  ['a number that no column holds', encodeStreamCursor('order_1', SEQ_MAX + 1)],
  ['no whole number', encodeStreamCursor('order_1', 1.5)],
  ['another list', encodeCursor([1])],
  ['nothing at all', 'nonsense'],
])('a cursor of %s is refused', (_what, after) => {
  const parse = () => parseStreamCursor('order_1', after);
  expect(parse).toThrow(DomainError);
  expect(parse).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT', details: { field: 'after' } }));
});

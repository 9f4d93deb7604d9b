import { DomainError } from '@playgraph/kernel/errors';
import { encodeCursor, toConnection } from '@playgraph/kernel/page';
import { DATE_MS_MAX, parseTimePage, timeKeyset } from '@playgraph/kernel/time-page';
import { expect, test } from 'vitest';

test('the cursor of a row leads back to its place', () => {
  const row = { at: new Date('2026-11-21T08:00:00.123Z'), id: 'order_1' };
  const { pageInfo } = toConnection([row], parseTimePage({ first: 1 }), timeKeyset);
  expect(parseTimePage({ first: 1, after: pageInfo.endCursor }).place).toEqual(row);
  expect(parseTimePage({ last: 1 }).place).toBeNull();
});

test.each([[1e300], [DATE_MS_MAX + 1], [0.5]])('a forged cursor at %d ms is refused, not read', (ms) => {
  const forged = encodeCursor([ms, 'x']);
  for (const args of [
    { first: 1, after: forged },
    { last: 1, before: forged },
  ]) {
    expect(() => parseTimePage(args)).toThrow(DomainError);
    expect(() => parseTimePage(args)).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', details: { field: 'first' in args ? 'after' : 'before' } }),
    );
  }
});

import type { PageRequest } from '@playgraph/kernel/page';
import { gameErrors } from './errors.ts';

/** The most milliseconds that a date can have, on either side of the epoch. */
export const DATE_MS_MAX = 8.64e15;

/** Returns a page whose keyset begins with a time. @throws DomainError BAD_USER_INPUT when that is no time. */
export function parseTimeKeyset(page: PageRequest): PageRequest {
  if (page.keyset === null || isTime(Number(page.keyset[0]))) return page;
  throw gameErrors.foreignCursor(page.direction === 'forward' ? 'after' : 'before');
}

function isTime(ms: number): boolean {
  return Number.isInteger(ms) && Math.abs(ms) <= DATE_MS_MAX;
}

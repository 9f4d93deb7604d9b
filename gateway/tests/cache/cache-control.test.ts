import { expect, test } from 'vitest';
import { createPolicyTally, printCacheControl, readCacheControl } from '../../src/cache/cache-control.ts';

test.each([
  ['max-age=60, public', { maxAgeSeconds: 60, scope: 'PUBLIC' }],
  ['private, max-age=5', { maxAgeSeconds: 5, scope: 'PRIVATE' }],
  ['Public, Max-Age="10"', { maxAgeSeconds: 10, scope: 'PUBLIC' }],
  ['max-age=60', { maxAgeSeconds: 60, scope: 'UNSAID' }],
  ['public, private, max-age=60', { maxAgeSeconds: 60, scope: 'PRIVATE' }],
  ['max-age=60, s-maxage=5', { maxAgeSeconds: 5, scope: 'PUBLIC' }],
  ['max-age=60, max-age=7, public', { maxAgeSeconds: 7, scope: 'PUBLIC' }],
  ['public, max-age=60, stale-while-revalidate=5', { maxAgeSeconds: 60, scope: 'PUBLIC' }],
])('%s lets something be kept', (header, expected) => {
  expect(readCacheControl(header)).toEqual(expected);
});

test.each([
  [null],
  [''],
  ['public'],
  ['no-store'],
  ['max-age=60, public, no-store'],
  ['no-cache, max-age=60'],
  ['max-age=0, public'],
  ['max-age=-1, public'],
  ['max-age=soon, public'],
  ['s-maxage=0, max-age=60'],
  ['max-age=60, public, max-age=0'],
  [`max-age=60, ${'x'.repeat(2_000)}`],
])('%s lets nothing be kept', (header) => {
  expect(readCacheControl(header)).toBeNull();
});

test('a whole answer may be kept as long as its shortest part, by whoever may keep all of it', () => {
  const tally = createPolicyTally({ isAnonymous: true });
  expect(tally.policy()).toBeNull();
  tally.add({ maxAgeSeconds: 60, scope: 'PUBLIC' });
  tally.add({ maxAgeSeconds: 30, scope: 'UNSAID' });
  expect(printCacheControl(tally.policy())).toBe('max-age=30, public');
  tally.add({ maxAgeSeconds: 90, scope: 'PRIVATE' });
  tally.add({ maxAgeSeconds: 90, scope: 'PUBLIC' });
  expect(printCacheControl(tally.policy())).toBe('max-age=30, private');
  tally.add(null);
  tally.add({ maxAgeSeconds: 90, scope: 'PUBLIC' });
  expect(printCacheControl(tally.policy())).toBeNull();
});

test('what does not say whom it is for is for whoever is signed in alone', () => {
  const tally = createPolicyTally({ isAnonymous: false });
  tally.add({ maxAgeSeconds: 60, scope: 'UNSAID' });
  expect(tally.policy()).toEqual({ maxAgeSeconds: 60, scope: 'PRIVATE' });
});

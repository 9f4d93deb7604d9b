import { createManualClock } from '@playgraph/kernel/clock';
import { describePageCache } from '@playgraph/testkit/contracts/page-cache';
import { expect, test } from 'vitest';
import { createMemoryPageCache, PAGE_VALUE_BYTES_MAX } from '../src/memory-page-cache.ts';

describePageCache('memory', async () => {
  const clock = createManualClock(0);
  const pages = createMemoryPageCache({ clock });
  return {
    pages,
    valueBytesMax: PAGE_VALUE_BYTES_MAX,
    pass: async (ms) => clock.advance(ms),
    close: () => pages.close(),
  };
});

const forever = { ttlMs: 1_000_000, tags: [] };
const keysLeft = async (pages: ReturnType<typeof createMemoryPageCache>, keys: string[]) => {
  const found = await Promise.all(keys.map(async (key) => ((await pages.get(key)) ? [key] : [])));
  return found.flat();
};

test('past its bytes a memory page cache forgets the pages that were read longest ago', async () => {
  const pages = createMemoryPageCache({ clock: createManualClock(0), bytesMax: 4_000 });
  for (const key of ['a', 'b', 'c']) await pages.set(key, new Uint8Array(1_000), forever);
  await pages.get('a');
  await pages.set('d', new Uint8Array(1_000), forever);
  expect(await keysLeft(pages, ['a', 'b', 'c', 'd'])).toEqual(['a', 'c', 'd']);
});

test('small pages count too, so a memory page cache stays within its bytes', async () => {
  const pages = createMemoryPageCache({ clock: createManualClock(0), bytesMax: 10_000 });
  const keys = Array.from({ length: 1_000 }, (_, i) => `key ${i}`);
  for (const key of keys) await pages.set(key, new Uint8Array(), forever);
  expect((await keysLeft(pages, keys)).length).toBeLessThan(10_000 / 200);
});

test('a dropped tag stays dropped however many tags are dropped after it', async () => {
  const pages = createMemoryPageCache({ clock: createManualClock(0), droppedTagsMax: 2 });
  await pages.set('page', new Uint8Array(1), { ttlMs: 1_000, tags: ['first'] });
  for (const tag of ['first', 'second', 'third', 'fourth']) await pages.dropTags([tag]);
  expect(await pages.get('page')).toBeNull();
  await pages.set('page', new Uint8Array(1), { ttlMs: 1_000, tags: ['first'] });
  expect(await pages.get('page')).toEqual(new Uint8Array(1));
});

import type { PageCache } from '@playgraph/cache/page-cache';
import { expect, test } from 'vitest';
import { closedAfterEach } from './worlds.ts';

/** A page cache under test. Every test gets a new, empty one. */
export type PageCacheWorld = {
  readonly pages: PageCache;
  /** A value of more bytes is not stored. */
  readonly valueBytesMax: number;
  /** Lets `ms` go by for the cache: a manual clock is advanced, a real one waited for. */
  pass(ms: number): Promise<void>;
  /** Closes the cache, and what was opened for it. */
  close(): Promise<void>;
};

/** Whole seconds: some caches know nothing finer. */
const TTL_MS = 1_000;
const LONG_MS = 60_000;

/**
 * The promises of the `PageCache` port, for the implementation that `create` opens. A cache may forget at any time; on
 * an idle one with room to spare the suite expects that it does not.
 */
export function describePageCache(name: string, create: () => Promise<PageCacheWorld>): void {
  const open = closedAfterEach(create);

  test(`${name}: a page comes back byte for byte, an unknown one is null`, async () => {
    const { pages } = await open();
    const every = Uint8Array.from({ length: 256 }, (_, i) => i);
    await pages.set('every byte', every, { ttlMs: LONG_MS, tags: [] });
    await pages.set('empty', new Uint8Array(), { ttlMs: LONG_MS, tags: ['a tag'] });
    expect(toBytes(await pages.get('every byte'))).toEqual([...every]);
    expect(toBytes(await pages.get('empty'))).toEqual([]);
    expect(await pages.get('unknown')).toBeNull();
  });

  test(`${name}: neither what was stored nor what was read can change a page`, async () => {
    const { pages } = await open();
    const mine = Buffer.from('page');
    await pages.set('key', mine, { ttlMs: LONG_MS, tags: [] });
    mine.fill(0);
    (await pages.get('key'))?.fill(0);
    expect(toText(await pages.get('key'))).toBe('page');
  });

  test(`${name}: a later page replaces an earlier one, its tags included`, async () => {
    const { pages } = await open();
    await pages.set('key', text('old'), { ttlMs: LONG_MS, tags: ['old tag'] });
    await pages.set('key', text('new'), { ttlMs: LONG_MS, tags: ['new tag'] });
    await pages.dropTags(['old tag']);
    expect(toText(await pages.get('key'))).toBe('new');
    await pages.dropTags(['new tag']);
    expect(await pages.get('key')).toBeNull();
  });

  test(`${name}: dropping a tag takes every page that bears it, and no other`, async () => {
    const { pages } = await open();
    await pages.set('a', text('a'), { ttlMs: LONG_MS, tags: ['red', 'round'] });
    await pages.set('b', text('b'), { ttlMs: LONG_MS, tags: ['round'] });
    await pages.set('c', text('c'), { ttlMs: LONG_MS, tags: ['blue'] });
    await pages.dropTags(['red', 'never used']);
    expect(await readAll(pages, ['a', 'b', 'c'])).toEqual([null, 'b', 'c']);
    await pages.dropTags(['round', 'blue']);
    expect(await readAll(pages, ['a', 'b', 'c'])).toEqual([null, null, null]);
  });

  test(`${name}: a page that is set after its tag was dropped is read, until it is dropped again`, async () => {
    const { pages } = await open();
    for (const round of ['1', '2', '3']) {
      await pages.set('key', text(round), { ttlMs: LONG_MS, tags: ['tag'] });
      expect(toText(await pages.get('key'))).toBe(round);
      await pages.dropTags(['tag']);
      expect(await pages.get('key')).toBeNull();
    }
  });

  test(`${name}: a page is gone when its time to live is over`, async () => {
    const { pages, pass } = await open();
    await pages.set('short', text('x'), { ttlMs: TTL_MS, tags: [] });
    await pages.set('long', text('y'), { ttlMs: LONG_MS, tags: [] });
    await pass(TTL_MS);
    expect(await readAll(pages, ['short', 'long'])).toEqual([null, 'y']);
  });

  test(`${name}: a page that is too large is not stored, and does not leave an older one behind`, async () => {
    const { pages, valueBytesMax } = await open();
    await pages.set('key', text('old'), { ttlMs: LONG_MS, tags: [] });
    await pages.set('key', new Uint8Array(valueBytesMax + 1), { ttlMs: LONG_MS, tags: [] });
    expect(await pages.get('key')).toBeNull();
  });
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function toText(page: Uint8Array | null): string | null {
  return page && new TextDecoder().decode(page);
}

function toBytes(page: Uint8Array | null): number[] | null {
  return page && [...page];
}

function readAll(pages: PageCache, keys: readonly string[]): Promise<(string | null)[]> {
  return Promise.all(keys.map(async (key) => toText(await pages.get(key))));
}

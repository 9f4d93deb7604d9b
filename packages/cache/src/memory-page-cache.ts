import type { Clock } from '@playgraph/kernel/clock';
import type { PageCache } from './page-cache.ts';

/** How many bytes a memory page cache holds when nobody says otherwise: values, keys, tags and overhead. */
export const PAGE_BYTES_MAX = 64 * 1024 * 1024;
/** A larger value is not stored. The same limit as Memcached's. */
export const PAGE_VALUE_BYTES_MAX = 1024 * 1024;
/** How many dropped tags are remembered one by one. */
export const DROPPED_TAGS_MAX = 10_000;
const ENTRY_OVERHEAD_BYTES = 200;

/** What a memory page cache needs; every limit has a default. */
export type MemoryPageCacheDeps = {
  readonly clock: Clock;
  readonly bytesMax?: number;
  readonly valueBytesMax?: number;
  readonly droppedTagsMax?: number;
};

type Page = {
  readonly value: Uint8Array;
  readonly expiresAtMs: number;
  readonly tags: readonly string[];
  /** The generation in force when the page was set. */
  readonly generation: number;
  readonly bytes: number;
};

/**
 * The `PageCache` of one process. Past `bytesMax` the least recently read pages go. Dropping a tag only raises its
 * generation; a page is readable while all its tags' generations are no newer than its own.
 */
export function createMemoryPageCache(deps: MemoryPageCacheDeps): PageCache {
  const bytesMax = deps.bytesMax ?? PAGE_BYTES_MAX;
  const valueBytesMax = deps.valueBytesMax ?? PAGE_VALUE_BYTES_MAX;
  const pages = new Map<string, Page>();
  const generations = createTagGenerations(deps.droppedTagsMax ?? DROPPED_TAGS_MAX);
  let bytesHeld = 0;

  const remove = (key: string): void => {
    bytesHeld -= pages.get(key)?.bytes ?? 0;
    pages.delete(key);
  };
  const isReadable = (page: Page): boolean =>
    page.expiresAtMs > deps.clock.nowMs() && page.tags.every((tag) => generations.of(tag) <= page.generation);

  return {
    async get(key) {
      const page = pages.get(key);
      if (!page) return null;
      if (!isReadable(page)) {
        remove(key);
        return null;
      }
      // Moved to the end: the map's order is from the least to the most recently used.
      pages.delete(key);
      pages.set(key, page);
      return new Uint8Array(page.value);
    },
    async set(key, value, { ttlMs, tags }) {
      remove(key);
      const bytes = value.length + textBytes([key, ...tags]) + ENTRY_OVERHEAD_BYTES;
      if (value.length > valueBytesMax || bytes > bytesMax) return;
      bytesHeld += bytes;
      const expiresAtMs = deps.clock.nowMs() + ttlMs;
      pages.set(key, {
        value: new Uint8Array(value),
        expiresAtMs,
        tags: [...tags],
        generation: generations.current(),
        bytes,
      });
      for (const leastUsed of pages.keys()) {
        if (bytesHeld <= bytesMax) break;
        remove(leastUsed);
      }
    },
    async dropTags(tags) {
      for (const tag of tags) generations.raise(tag);
    },
    async close() {
      pages.clear();
      bytesHeld = 0;
    },
  };
}

type TagGenerations = {
  /** The generation that a page set now gets. */
  current(): number;
  /** The generation that a page with this tag must at least have. */
  of(tag: string): number;
  raise(tag: string): void;
};

function createTagGenerations(tagsMax: number): TagGenerations {
  const generationByTag = new Map<string, number>();
  let latest = 0;
  // Whatever is forgotten must stay dropped: every page older than the newest forgotten drop goes with it.
  let forgotten = 0;
  return {
    current: () => latest,
    of: (tag) => generationByTag.get(tag) ?? forgotten,
    raise(tag) {
      generationByTag.delete(tag);
      generationByTag.set(tag, ++latest);
      for (const [oldest, generation] of generationByTag) {
        if (generationByTag.size <= tagsMax) break;
        generationByTag.delete(oldest);
        forgotten = generation;
      }
    },
  };
}

/** Two bytes a character: what a JavaScript string may take. */
function textBytes(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length * 2, 0);
}

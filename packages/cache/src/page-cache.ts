/**
 * The `PageCache` port: whole public answers by key, dropped by tag. It may forget anything at any time; it never
 * gives back an entry whose tag was dropped after the entry was set.
 */
export type PageCache = {
  /** The bytes stored under `key`, or null. */
  get(key: string): Promise<Uint8Array | null>;
  /** Stores `value` for `ttlMs` under `key`, marked with `tags`. Larger than `valueBytesMax` of the implementation: not stored. */
  set(
    key: string,
    value: Uint8Array,
    options: { readonly ttlMs: number; readonly tags: readonly string[] },
  ): Promise<void>;
  /** Makes every entry marked with one of `tags` unreadable. */
  dropTags(tags: readonly string[]): Promise<void>;
  close(): Promise<void>;
};

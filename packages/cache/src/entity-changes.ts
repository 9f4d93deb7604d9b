/**
 * What has changed of what everybody may see: an entity, by its type and the fields of at least one key, or, where that
 * happens so often that it should leave other subgraphs' parts alone, what one subgraph says of any entity of a type.
 */
export type EntityChange =
  | { readonly typename: string; readonly key: Readonly<Record<string, unknown>> }
  | { readonly subgraph: string; readonly typename: string };

/**
 * Tells those who keep what a subgraph has said, such as the gateway's cache. To be called after the commit, and after
 * the subgraph's own caches and indexes have been told: whoever is told asks again at once, and keeps what it gets.
 * Where they are in this process it resolves when it holds, and rejects when it does not: repeat it. Where they are
 * elsewhere it resolves when it is noted, for nothing waits for another process. Telling twice is no harm.
 */
export type AnnounceChanges = (changes: readonly EntityChange[]) => Promise<void>;

/** Where nobody keeps anything that could be told, or whoever does goes by the time to live alone. */
export const announceToNobody: AnnounceChanges = async () => undefined;

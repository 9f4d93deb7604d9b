import type { Shards } from '@playgraph/sharding/shards';
import { type CatalogueStore, createCatalogueStore } from './store/catalogue.ts';
import type { Db } from './store/client.ts';
import { createNameStore, type NameStore } from './store/names.ts';
import { createPlayerStore, type PlayerStore } from './store/players.ts';

export type { Db, Tx } from './store/client.ts';
export { openStore } from './store/client.ts';

/** Everything that this subgraph reads and writes, as named queries. */
export type Store = CatalogueStore & NameStore & PlayerStore;

export function createStore(shards: Shards<Db>): Store {
  return { ...createCatalogueStore(shards), ...createNameStore(shards), ...createPlayerStore(shards) };
}

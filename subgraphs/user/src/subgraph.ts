import { createTokenIssuer } from '@playgraph/auth/access-token';
import type { SigningKey } from '@playgraph/auth/signing-key';
import { createEntityCache } from '@playgraph/cache/entity-cache';
import { createEventStore } from '@playgraph/events/event-store';
import { startSweeper } from '@playgraph/kernel/sweeper';
import { buildSchema } from '@playgraph/server/build-schema';
import type { DrainableSubgraph, SubgraphDeps } from '@playgraph/server/subgraph';
import type { Shards } from '@playgraph/sharding/shards';
import type { Context } from './context.ts';
import type { UserDeps } from './deps.ts';
import type { User } from './domain.ts';
import { tellOfRegistrations } from './events.ts';
import { createKeySetRoute } from './key-set-route.ts';
import { createLoaders } from './loaders.ts';
import { createPasswordHasher } from './password-hasher.ts';
import { resolvers } from './resolvers.ts';
import { ACCESS_TTL_MS_MAX, defaultSettings, type UserSettings } from './settings.ts';
import { createStore, type Db } from './store.ts';

export type Deps = SubgraphDeps<Shards<Db>> & {
  /** Signs access tokens; its public part is served at `/.well-known/jwks.json`. */
  readonly signingKey: SigningKey;
  /** The `iss` of access tokens. */
  readonly tokenIssuer: string;
  readonly settings?: Partial<UserSettings>;
};

/** Ready to answer, clearing away old sessions until it is closed. The shards stay the caller's. */
export async function createSubgraph(given: Deps): Promise<DrainableSubgraph> {
  const { shards, hot, clock, ids, random, signingKey, tokenIssuer } = given;
  const settings = { ...defaultSettings, ...given.settings };
  const { accessTtlMs, profileTtlMs: ttlMs } = settings;
  if (accessTtlMs > ACCESS_TTL_MS_MAX) throw new RangeError(`accessTtlMs may be at most ${ACCESS_TTL_MS_MAX}`);
  const logger = given.logger;
  const store = createStore(shards);
  const events = createEventStore({ ...given, subgraph: 'user', logger });
  const tokens = createTokenIssuer({ key: signingKey, issuer: tokenIssuer, clock, accessTtlMs });
  const hasher = createPasswordHasher(settings);
  const deps: UserDeps = { store, events, hot, hasher, tokens, clock, ids, random, logger, settings };
  const users = createEntityCache<User>({ hot, namespace: 'user:user', ttlMs });
  if (given.announce) await tellOfRegistrations(events, given.announce);
  const sweeper = startSweeper({
    name: 'sweep-sessions',
    everyMs: settings.sweepEveryMs,
    run: () => store.deleteSessionsOver(clock.now(), settings.sweepBatchSize),
    logger,
  });

  return {
    name: 'user',
    logger,
    schema: buildSchema({ typeDefs: new URL('../schema.graphql', import.meta.url), resolvers }),
    createContext: (request): Context => ({ ...request, loaders: createLoaders(store, users), deps }),
    routes: [createKeySetRoute({ keys: [signingKey.publicJwk] })],
    async checkReady() {
      await shards.scatter((db) => db.user.findFirst({ select: { id: true } }));
    },
    drained: () => events.drained(),
    async close() {
      await sweeper.close();
      await events.close();
    },
  };
}

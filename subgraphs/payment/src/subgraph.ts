import { createEventStore } from '@playgraph/events/event-store';
import { startSweeper } from '@playgraph/kernel/sweeper';
import { buildSchema } from '@playgraph/server/build-schema';
import type { DrainableSubgraph, SubgraphDeps } from '@playgraph/server/subgraph';
import type { Shards } from '@playgraph/sharding/shards';
import type { Context } from './context.ts';
import { defaultLimits, type PaymentDeps, type PaymentLimits } from './deps.ts';
import { consumeEvents } from './events.ts';
import { openSystemAccounts } from './ledger.ts';
import { createLoaders } from './loaders.ts';
import type { PaymentProvider } from './provider.ts';
import { resolvers } from './resolvers.ts';
import { resumeDeposits } from './resume-deposits.ts';
import { createStore, type Db } from './store.ts';
import { createTransact } from './transaction.ts';

export type Deps = SubgraphDeps<Shards<Db>> & {
  /** Takes the money of deposits; `createSandboxProvider()` takes play money. */
  readonly provider: PaymentProvider;
  readonly limits?: Partial<PaymentLimits>;
};

export type PaymentSubgraph = DrainableSubgraph & {
  /** What the use cases work with: for the auditor, the seed and tests. */
  readonly deps: PaymentDeps;
};

/** Ready to answer, consuming the saga's events and resuming deposits until it is closed. The shards stay the caller's. */
export async function createSubgraph(given: Deps): Promise<PaymentSubgraph> {
  const { shards, hot, log, clock, ids, provider } = given;
  const logger = given.logger;
  const store = createStore(shards);
  const events = createEventStore({ subgraph: 'payment', shards, hot, log, clock, ids, logger });
  const transact = createTransact({ store, events });
  const limits = { ...defaultLimits, ...given.limits };
  const deps: PaymentDeps = { store, transact, events, provider, clock, ids, logger, limits };

  await Promise.all(shards.all().map((db) => openSystemAccounts(db, clock.now())));
  await consumeEvents(deps);
  const resumer = startSweeper({
    name: 'resume-deposits',
    everyMs: limits.resumeEveryMs,
    run: () => resumeDeposits(deps),
    logger,
  });

  return {
    name: 'payment',
    logger,
    schema: buildSchema({ typeDefs: new URL('../schema.graphql', import.meta.url), resolvers }),
    createContext: (request): Context => ({ ...request, loaders: createLoaders(store), deps }),
    routes: [],
    async checkReady() {
      await shards.scatter((db) => db.account.findFirst({ select: { id: true } }));
    },
    drained: () => events.drained(),
    async close() {
      await resumer.close();
      await events.close();
    },
    deps,
  };
}

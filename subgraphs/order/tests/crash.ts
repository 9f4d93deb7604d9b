import type { Clock } from '@playgraph/kernel/clock';
import type { Shards } from '@playgraph/sharding/shards';
import type { OrderDeps } from '../src/deps.ts';
import { createStore, type Db } from '../src/store.ts';
import { createTransact } from '../src/transaction.ts';

const STEPS_MAX = 50;

/** A process that dies at its `step`-th use of a port, and stays dead. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** The same deps on a process that dies once it has used the clock or a shard `step` times. */
export function dyingAt(deps: OrderDeps, step: number): OrderDeps {
  let left = step;
  const live = (): void => {
    left -= 1;
    if (left < 0) throw new Crash(`died at step ${step}`);
  };
  const store = createStore(dyingShards(deps.store.shards, live));
  return {
    ...deps,
    store,
    transact: createTransact({ store, events: deps.events }),
    clock: dyingClock(deps.clock, live),
  };
}

/** Runs `work` on processes that die at the first, the second, ... step, until one lives long enough. */
export async function atEveryStep(work: (step: number) => Promise<'died' | 'done'>): Promise<number> {
  for (let step = 0; step < STEPS_MAX; step++) if ((await work(step)) === 'done') return step;
  throw new Error('more steps than a use case should have');
}

/** Says whether `work` came to its end; any error but the crash is a failure. */
export async function untilCrash(work: () => Promise<unknown>): Promise<'died' | 'done'> {
  try {
    await work();
    return 'done';
  } catch (error) {
    if (error instanceof Crash) return 'died';
    throw error;
  }
}

function dyingShards(shards: Shards<Db>, live: () => void): Shards<Db> {
  return {
    ...shards,
    forId(id) {
      live();
      return shards.forId(id);
    },
    mapIds: (ids, read) =>
      shards.mapIds(ids, async (db, owned) => {
        live();
        return read(db, owned);
      }),
  };
}

function dyingClock(clock: Clock, live: () => void): Clock {
  return {
    now() {
      live();
      return clock.now();
    },
    nowMs() {
      live();
      return clock.nowMs();
    },
  };
}

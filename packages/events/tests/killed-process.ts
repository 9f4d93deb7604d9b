// A process that appends events, publishes some of them, and dies by SIGKILL in the middle: run by killed-process.test.ts.
// Arguments: the folder of the shards, the stream, how many events.
import path from 'node:path';
import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { systemClock } from '@playgraph/kernel/clock';
import { createIds } from '@playgraph/kernel/ids';
import { silentLogger } from '@playgraph/kernel/logger';
import { systemRandom } from '@playgraph/kernel/random';
import { openShards } from '@playgraph/sharding/open-shards';
import { PrismaClient } from '../../sharding/tests/sample/generated/sqlite/client.ts';
import { createEventStore } from '../src/event-store.ts';

const PUBLISHES_BEFORE_DEATH = 3;
const [, , folder = '', stream = '', count = '0'] = process.argv;

const shards = await openShards({
  urls: [`file:${path.join(folder, '0.db')}`, `file:${path.join(folder, '1.db')}`],
  migrationsDir: new URL('../../sharding/tests/sample/migrations/sqlite/', import.meta.url),
  openClient: (adapter) => new PrismaClient({ adapter }),
});
let publishes = 0;
const store = createEventStore({
  subgraph: 'order',
  shards,
  hot: createMemoryHotStore({ clock: systemClock }),
  log: {
    async publish(_topic, events) {
      for (const event of events) process.stdout.write(`${event.seq}\n`);
      if (++publishes > PUBLISHES_BEFORE_DEATH) process.kill(process.pid, 'SIGKILL');
    },
    consume: async () => ({ close: async () => undefined }),
    close: async () => undefined,
  },
  clock: systemClock,
  ids: createIds({ clock: systemClock, random: systemRandom }),
  logger: silentLogger,
  tuning: { batchMax: 2 },
});
for (let i = 0; i < Number(count); i++) {
  const event = await shards
    .forId(stream)
    .$transaction((tx) => store.append(tx, { stream, type: 'order.happened', data: {} }));
  // The last ones are never announced: only a poll, or the next start, finds them.
  if (i < Number(count) / 2) store.committed([event]);
}

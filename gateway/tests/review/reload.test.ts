import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { createMemoryPageCache } from '@playgraph/cache/memory-page-cache';
import type { PageCache } from '@playgraph/cache/page-cache';
import { createManualClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { createSeededRandom } from '@playgraph/kernel/random';
import { expect, test } from 'vitest';
import { createAnswerCache } from '../../src/cache/answer-cache.ts';
import { createEntityCache } from '../../src/cache/entity-cache.ts';
import { createCallRunner } from '../../src/calls/call-runner.ts';
import { createExecutor } from '../../src/executor.ts';
import { createInfo, createTestGraph } from '../test-graph.ts';

const named = (by: string) => ({
  typeDefs: 'type Query { name: String }',
  resolvers: { Query: { name: () => `named by ${by}` } },
});

test('a graph that changes while a whole answer is looked up is the one that answers', async () => {
  const [before, after] = [createTestGraph({ old: named('old') }), createTestGraph({ renewed: named('renewed') })];
  let current = before;
  const clock = createManualClock(0);
  const hot = createMemoryHotStore({ clock });
  const entities = await createEntityCache({ hot, clock, random: createSeededRandom('reload'), logger: silentLogger });
  entities.useGraph({ ...before.graph, supergraphSdl: before.supergraphSdl });
  const memory = createMemoryPageCache({ clock });
  const pages: PageCache = {
    ...memory,
    get: (key) => {
      current = after;
      return memory.get(key);
    },
  };
  const executor = createExecutor({
    graph: () => current.graph,
    runner: createCallRunner({ transports: () => current.graph.transports, sharing: true, prediction: true }),
    logger: silentLogger,
    prediction: true,
    entities,
    answers: createAnswerCache({ pages, entities, logger: silentLogger }),
    isListed: () => true,
    prepareAgain: async ({ text }) => current.graph.catalogue.prepare(text, undefined),
  });
  const operation = before.graph.catalogue.prepare('{ name }', undefined);
  if ('errors' in operation) throw new Error(JSON.stringify(operation.errors));
  const { body } = await executor.execute(operation, {}, createInfo());
  expect(JSON.parse(body.toString())).toEqual({ data: { name: 'named by renewed' } });
  await entities.close();
});

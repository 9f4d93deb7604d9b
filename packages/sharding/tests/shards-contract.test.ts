import { type ContractRow, SHARD_COUNT, shardsContract } from '@playgraph/testkit/contracts/shards';
import { makeFolder } from './sample/files.ts';
import type { PrismaClient } from './sample/generated/sqlite/client.ts';
import { newGame, openSampleShards, shardUrls } from './sample/store.ts';

shardsContract<PrismaClient>('SQLite', async () => {
  const urls = shardUrls(makeFolder(), SHARD_COUNT);
  return {
    shards: await openSampleShards(urls),
    reopen: () => openSampleShards(urls),
    insert: async (db, rows) => {
      await db.game.createMany({ data: rows.map(({ id, rank }) => newGame({ id, stock: rank })) });
    },
    readByIds: async (db, own) => toRows(await db.game.findMany({ where: { id: { in: [...own] } } })),
    readPage: async (db, after, limit) =>
      toRows(
        await db.game.findMany({
          where: after ? { OR: [{ stock: { gt: after.rank } }, { stock: after.rank, id: { gt: after.id } }] } : {},
          orderBy: [{ stock: 'asc' }, { id: 'asc' }],
          take: limit,
        }),
      ),
  };
});

function toRows(games: readonly { readonly id: string; readonly stock: number }[]): ContractRow[] {
  return games.map(({ id, stock }) => ({ id, rank: stock }));
}

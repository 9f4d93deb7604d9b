import { meterStoreQueries } from '@playgraph/sharding/query-meter';
import { expect, test } from 'vitest';
import { openFile } from './sample/files.ts';
import { newGame } from './sample/store.ts';

test('every statement that reads or writes rows counts, a transaction’s begin and end do not', async () => {
  const { db } = await openFile();
  const { queries } = await meterStoreQueries(async () => {
    await db.$transaction(async (tx) => {
      await tx.game.createMany({ data: [newGame(), newGame()] });
      await tx.game.updateMany({ data: { stock: { increment: 1 } } });
    });
    await db.game.findMany();
    await db.game.deleteMany();
  });
  expect(queries).toBe(4);
  await db.$disconnect();
});

test('two meters at the same time count their own, and an outer one counts its inner ones too', async () => {
  const { db } = await openFile();
  const once = (): Promise<{ queries: number }> => meterStoreQueries(() => db.game.count());
  const outer = await meterStoreQueries(async () => {
    const inner = await Promise.all([once(), once()]);
    expect(inner.map((metered) => metered.queries)).toEqual([1, 1]);
    return db.game.count();
  });
  expect(outer).toEqual({ result: 0, queries: 3 });
  await db.$disconnect();
});

import { isOvertaken, OvertakenError, TRANSACTION_ATTEMPTS_MAX, transactOn } from '@playgraph/sharding/transact';
import { expect, test } from 'vitest';
import { openFile } from './sample/files.ts';
import { newGame } from './sample/store.ts';

test('a transaction that was overtaken starts anew and sees what the winner wrote', async () => {
  const { db } = await openFile();
  const game = newGame({ stock: 1 });
  await db.game.create({ data: game });
  let attempts = 0;
  const left = await transactOn(db, async (tx) => {
    attempts += 1;
    const { count } = await tx.game.updateMany({
      where: { id: game.id, stock: attempts },
      data: { stock: { increment: 10 } },
    });
    if (attempts < 2 && count === 1) throw new OvertakenError('undone');
    return (await tx.game.findUniqueOrThrow({ where: { id: game.id } })).stock;
  });
  expect({ attempts, left }).toEqual({ attempts: 2, left: 1 });
  await db.$disconnect();
});

test('a transaction that is overtaken again and again fails in the end, and leaves nothing', async () => {
  const { db } = await openFile();
  const taken = newGame();
  await db.game.create({ data: taken });
  let attempts = 0;
  const doomed = transactOn(db, async (tx) => {
    attempts += 1;
    await tx.game.create({ data: newGame() });
    await tx.game.create({ data: { ...newGame(), id: taken.id } });
  });
  await expect(doomed).rejects.toSatisfy(isOvertaken);
  expect(attempts).toBe(TRANSACTION_ATTEMPTS_MAX);
  expect(await db.game.count()).toBe(1);
  await db.$disconnect();
});

test('any other failure is not tried again', async () => {
  const { db } = await openFile();
  let attempts = 0;
  const failed = transactOn(db, async () => {
    attempts += 1;
    throw new Error('the disk is full');
  });
  await expect(failed).rejects.toThrow('the disk is full');
  expect(attempts).toBe(1);
  await db.$disconnect();
});

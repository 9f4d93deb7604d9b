import { expect, test } from 'vitest';
import { runChild, startChild } from './sample/child.ts';
import { openFile } from './sample/files.ts';
import { newGame, openClient } from './sample/store.ts';

test('several processes that read and then write in transactions lose no update', { timeout: 60_000 }, async () => {
  const { db, file } = await openFile();
  const { id } = await db.game.create({ data: newGame({ stock: 0 }) });
  const done = await Promise.all([1, 2, 3].map(() => runChild('increment.ts', [file, id, '100'])));
  expect(done).toEqual([['100'], ['100'], ['100']]);
  expect((await db.game.findUniqueOrThrow({ where: { id } })).stock).toBe(300);
  await db.$disconnect();
});

test('killing a process while it writes loses nothing that it had committed, and keeps no half of a transaction', {
  timeout: 60_000,
}, async () => {
  const { db, file } = await openFile();
  await db.$disconnect();
  const committed: string[] = [];
  const child = startChild('write-forever.ts', [file]);
  for await (const id of child.lines) {
    committed.push(id);
    if (committed.length === 200) await child.kill();
  }

  const reopened = openClient({ file });
  expect(await reopened.game.count({ where: { id: { in: committed } } })).toBe(committed.length);
  expect(await reopened.game.count({ where: { reviews: { none: {} } } })).toBe(0);
  expect(await reopened.$queryRaw`PRAGMA integrity_check`).toEqual([{ integrity_check: 'ok' }]);
  await reopened.game.create({ data: newGame() });
  await reopened.$disconnect();
});

import { expect, test } from 'vitest';
import { openFile } from './sample/files.ts';
import { newGame } from './sample/store.ts';

/** What Prisma documents for each of these, on every database. */
test('mistakes have the codes that Prisma documents, and change nothing', async () => {
  const { db } = await openFile();
  const game = await db.game.create({ data: newGame({ slug: 'taken' }) });
  await db.review.create({ data: { id: 'r', gameId: game.id, stars: 4 } });

  const mistakes: [code: string, attempt: () => Promise<unknown>][] = [
    ['P2002', () => db.game.create({ data: { ...game, slug: 'other' } })],
    ['P2002', () => db.game.create({ data: newGame({ slug: 'taken' }) })],
    ['P2002', () => db.game.createMany({ data: [newGame(), newGame({ slug: 'taken' })] })],
    ['P2003', () => db.review.create({ data: { id: 'r2', gameId: 'nobody', stars: 4 } })],
    ['P2003', () => db.game.delete({ where: { id: game.id } })],
    ['P2025', () => db.game.update({ where: { id: 'nobody' }, data: { stock: 1 } })],
    ['P2025', () => db.game.delete({ where: { id: 'nobody' } })],
    ['P2025', () => db.game.findUniqueOrThrow({ where: { id: 'nobody' } })],
    ['P2010', () => db.$queryRaw`SELECT * FROM "nowhere"`],
    ['P2010', () => db.$executeRaw`not sql`],
  ];
  for (const [code, attempt] of mistakes) await expect(attempt()).rejects.toMatchObject({ code });

  expect(await db.game.findMany()).toEqual([game]);
  expect(await db.review.count()).toBe(1);
  await db.$disconnect();
});

test('a unique violation names the fields', async () => {
  const { db } = await openFile();
  const game = await db.game.create({ data: newGame() });
  const entry = { consumer: 'game', eventId: 'e', at: new Date() };
  await db.inboxEntry.create({ data: entry });
  await expect(db.game.create({ data: newGame({ slug: game.slug }) })).rejects.toThrow('`slug`');
  await expect(db.inboxEntry.create({ data: entry })).rejects.toThrow(/`consumer`, ?`eventId`/);
  await db.$disconnect();
});

test('an index that an expression makes is a unique violation too', async () => {
  const { db } = await openFile();
  await db.$executeRaw`CREATE UNIQUE INDEX "game_title_lower" ON "game" (lower("title"))`;
  await db.game.create({ data: newGame({ title: 'Tide' }) });
  await expect(db.game.create({ data: newGame({ title: 'TIDE' }) })).rejects.toMatchObject({ code: 'P2002' });
  await db.$disconnect();
});

test('null where the tables allow none, and tables or columns that are not there, have their codes', async () => {
  const { db } = await openFile();
  // The client knows the models and would refuse by itself: so the tables are changed behind its back.
  await db.$executeRaw`ALTER TABLE "review" RENAME TO "hidden"`;
  await expect(db.review.count()).rejects.toMatchObject({ code: 'P2021' });
  await db.$executeRaw`ALTER TABLE "hidden" RENAME TO "review"`;
  await db.$executeRaw`ALTER TABLE "stream_head" RENAME COLUMN "seq" TO "number"`;
  await expect(db.streamHead.findMany()).rejects.toMatchObject({ code: 'P2022' });
  await db.$executeRaw`DROP TABLE "outbox_event"`;
  await db.$executeRaw`CREATE TABLE "outbox_event" ("id" TEXT, "stream" TEXT, "seq" INT, "type" TEXT, "at" DATETIME, "data" TEXT, "publishedAt" DATETIME NOT NULL)`;
  const event = { id: 'e', stream: 's', seq: 1, type: 't', at: new Date(), data: '{}' };
  await expect(db.outboxEvent.create({ data: event })).rejects.toMatchObject({ code: 'P2011' });
  expect(await db.outboxEvent.count()).toBe(0);
  await db.$disconnect();
});

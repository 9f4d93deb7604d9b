import { copyFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openFile } from './sample/files.ts';
import { newGame, openClient } from './sample/store.ts';

/** A promise and the function that fulfils it: tests wait on events, not on time. */
function signal(): { readonly happened: Promise<void>; readonly happen: () => void } {
  let happen: () => void = () => undefined;
  const happened = new Promise<void>((resolve) => {
    happen = resolve;
  });
  return { happened, happen };
}

const boom = new Error('changed my mind');

test('a bystander does not see what a transaction has not committed, and does not wait for it either', async () => {
  const { db } = await openFile();
  const game = await db.game.create({ data: newGame({ title: 'before' }) });
  const written = signal();
  const looked = signal();
  const transaction = db.$transaction(async (tx) => {
    await tx.game.update({ where: { id: game.id }, data: { title: 'after' } });
    expect((await tx.game.findUniqueOrThrow({ where: { id: game.id } })).title).toBe('after');
    written.happen();
    await looked.happened;
  });
  await written.happened;
  expect((await db.game.findUniqueOrThrow({ where: { id: game.id } })).title).toBe('before');
  looked.happen();
  await transaction;
  expect((await db.game.findUniqueOrThrow({ where: { id: game.id } })).title).toBe('after');
  await db.$disconnect();
});

test("a bystander's write waits for the transaction and survives its rollback", async () => {
  const { db } = await openFile();
  const written = signal();
  const mayEnd = signal();
  const transaction = db.$transaction(async (tx) => {
    await tx.game.create({ data: newGame({ slug: 'rolled-back' }) });
    written.happen();
    await mayEnd.happened;
    throw boom;
  });
  await written.happened;
  let isDone = false;
  const bystander = db.game.create({ data: newGame({ slug: 'kept' }) }).then(() => {
    isDone = true;
  });
  await db.game.count();
  expect(isDone).toBe(false);
  mayEnd.happen();
  await expect(transaction).rejects.toBe(boom);
  await bystander;
  expect((await db.game.findMany()).map((game) => game.slug)).toEqual(['kept']);
  await db.$disconnect();
});

test('a hundred transactions that read and then write at the same time lose no update', async () => {
  const { db } = await openFile();
  const { id } = await db.game.create({ data: newGame({ stock: 0 }) });
  const increment = (): Promise<unknown> =>
    db.$transaction(async (tx) => {
      const game = await tx.game.findUniqueOrThrow({ where: { id } });
      await tx.game.update({ where: { id }, data: { stock: game.stock + 1 } });
    });
  await Promise.all(Array.from({ length: 100 }, increment));
  expect((await db.game.findUniqueOrThrow({ where: { id } })).stock).toBe(100);
  await db.$disconnect();
});

test('ten thousand transactions open no further file', { timeout: 120_000 }, async () => {
  const { db } = await openFile();
  await db.$transaction([db.game.count()]);
  const openBefore = readdirSync('/dev/fd').length;
  for (let i = 0; i < 10_000; i++) await db.$transaction([db.game.count()]);
  expect(readdirSync('/dev/fd').length).toBeLessThanOrEqual(openBefore);
  await db.$disconnect();
});

test('a transaction that does not get its turn in time is refused and leaves the next one alone', async () => {
  const { db } = await openFile();
  const started = signal();
  const mayEnd = signal();
  const first = db.$transaction(async () => {
    started.happen();
    await mayEnd.happened;
  });
  await started.happened;
  const second = db.$transaction(async (tx) => tx.game.create({ data: newGame() }), { maxWait: 20 });
  await expect(second).rejects.toMatchObject({ code: 'P2028' });
  mayEnd.happen();
  await first;
  expect(await db.$transaction(async (tx) => tx.game.count())).toBe(0);
  await db.$disconnect();
});

test('a write that does not get the lock of its own process in time is refused with P1008 and writes nothing', async () => {
  const { db } = await openFile({ busyTimeoutMs: 30 });
  const started = signal();
  const mayEnd = signal();
  const holder = db.$transaction(async () => {
    started.happen();
    await mayEnd.happened;
  });
  await started.happened;
  await expect(db.game.create({ data: newGame() })).rejects.toMatchObject({ code: 'P1008' });
  mayEnd.happen();
  await holder;
  expect(await db.game.count()).toBe(0);
  await db.$disconnect();
});

test("a write that does not get another client's file lock in time is refused with P1008, and the event loop goes on meanwhile", async () => {
  const { db, file } = await openFile();
  const other = openClient({ file, busyTimeoutMs: 60 });
  const started = signal();
  const mayEnd = signal();
  const holder = db.$transaction(async () => {
    started.happen();
    await mayEnd.happened;
  });
  await started.happened;
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  await expect(other.game.create({ data: newGame() })).rejects.toMatchObject({ code: 'P1008' });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(3);
  const transaction = other.$transaction(async (tx) => tx.game.create({ data: newGame() }));
  await expect(transaction).rejects.toMatchObject({ code: 'P1008' });
  mayEnd.happen();
  await holder;
  expect(await db.game.count()).toBe(0);
  await Promise.all([db.$disconnect(), other.$disconnect()]);
});

test('a commit that the database refuses is undone, and the next transaction starts clean', async () => {
  const { db } = await openFile();
  const dangling = db.$transaction(async (tx) => {
    await tx.$executeRaw`PRAGMA defer_foreign_keys=ON`;
    await tx.review.create({ data: { id: 'r', gameId: 'nobody', stars: 1 } });
  });
  // Prisma gives no code to what a COMMIT says: the adapter's own error comes through.
  await expect(dangling).rejects.toMatchObject({ cause: { kind: 'ForeignKeyConstraintViolation' } });
  await db.$transaction(async (tx) => tx.game.create({ data: newGame() }));
  expect(await db.review.count()).toBe(0);
  expect(await db.game.count()).toBe(1);
  await db.$disconnect();
});

test('a refused statement in a transaction leaves the rest of the transaction usable', async () => {
  const { db } = await openFile();
  const game = newGame();
  await db.$transaction(async (tx) => {
    await tx.game.create({ data: game });
    await expect(tx.game.create({ data: game })).rejects.toMatchObject({ code: 'P2002' });
    await tx.game.create({ data: newGame() });
  });
  expect(await db.game.count()).toBe(2);
  await db.$disconnect();
});

test('after a transaction was closed for taking too long its statements are refused, not run in somebody else’s', async () => {
  const { db } = await openFile();
  const closed = signal();
  const late = db
    .$transaction(
      async (tx) => {
        await closed.happened;
        await tx.game.create({ data: newGame({ slug: 'too-late' }) });
      },
      { timeout: 20 },
    )
    .catch((error: unknown) => error);
  // Gets its turn only when the first one was closed.
  await db.$transaction(async (tx) => {
    closed.happen();
    await tx.game.create({ data: newGame({ slug: 'in-time' }) });
    await late;
  });
  expect(await late).toMatchObject({ code: 'P2028' });
  expect((await db.game.findMany()).map((game) => game.slug)).toEqual(['in-time']);
  await db.$disconnect();
});

test('a store that was closed is whole in its file alone', async () => {
  const { db, file } = await openFile();
  const game = await db.game.create({ data: newGame({ title: 'kept' }) });
  await db.$disconnect();
  const copy = `${file}.copy`;
  copyFileSync(file, copy);
  const restored = openClient({ file: copy });
  expect((await restored.game.findUniqueOrThrow({ where: { id: game.id } })).title).toBe('kept');
  await restored.$disconnect();
});

test('every type of column comes back as it was written', async () => {
  const { db } = await openFile();
  const wide = newGame({
    price: 2n ** 62n + 1n,
    rating: 0.1,
    summary: 'ü',
    cover: new Uint8Array([0, 255, 7]),
    stock: -3,
  });
  const round = newGame({
    price: -(2n ** 62n),
    rating: 4,
    isListed: false,
    releaseAt: new Date('1969-12-31T23:59:59.999Z'),
  });
  expect(await db.game.create({ data: wide })).toEqual(wide);
  expect(await db.game.createMany({ data: [round] })).toEqual({ count: 1 });
  expect(await db.game.findMany({ orderBy: { price: 'asc' } })).toEqual([round, wide]);
  expect(await db.game.aggregate({ _sum: { stock: true }, _max: { releaseAt: true } })).toEqual({
    _sum: { stock: 7 },
    _max: { releaseAt: wide.releaseAt },
  });
  expect(
    await db.$queryRaw`SELECT "price", "isListed", "releaseAt", COUNT(*) AS "n" FROM "game" WHERE "id" = ${wide.id}`,
  ).toEqual([{ price: wide.price, isListed: true, releaseAt: wide.releaseAt, n: 1n }]);
  await db.$disconnect();
});

const UNSTORABLE = [
  ['a NUL', 'a\u0000b'],
  ['a NUL at its end', 'a\u0000'],
  ['a lone high surrogate', 'a\ud800b'],
  ['a lone low surrogate', '\udc00'],
] as const;

test.each(UNSTORABLE)('text with %s is refused and changes nothing', async (_, text) => {
  const { db } = await openFile();
  const game = await db.game.create({ data: newGame() });
  const { id } = game;
  const refused = { code: 'P2007' };
  await expect(db.game.create({ data: newGame({ title: text }) })).rejects.toMatchObject(refused);
  await expect(db.game.createMany({ data: [newGame(), newGame({ summary: text })] })).rejects.toMatchObject(refused);
  await expect(db.game.update({ where: { id }, data: { title: text } })).rejects.toMatchObject(refused);
  await expect(db.game.findMany({ where: { slug: text } })).rejects.toMatchObject(refused);
  await expect(db.$executeRaw`UPDATE "game" SET "title" = ${text}`).rejects.toMatchObject({ code: 'P2010' });
  expect(await db.game.findMany()).toEqual([game]);
  await db.$disconnect();
});

test.each(UNSTORABLE)(
  'a transaction in which text with %s is refused stores nothing when it fails',
  async (_, text) => {
    const { db } = await openFile();
    const transaction = db.$transaction(async (tx) => {
      await tx.game.create({ data: newGame() });
      await tx.game.create({ data: newGame({ title: text }) });
    });
    await expect(transaction).rejects.toMatchObject({ code: 'P2007' });
    expect(await db.game.count()).toBe(0);
    const kept = newGame();
    await db.$transaction(async (tx) => {
      await tx.game.create({ data: kept });
      await expect(tx.game.create({ data: newGame({ title: text }) })).rejects.toMatchObject({ code: 'P2007' });
    });
    expect(await db.game.findMany()).toEqual([kept]);
    await db.$disconnect();
  },
);

test('every other character comes back as it was written', async () => {
  const { db } = await openFile();
  const game = newGame({ title: '\u0001\t\n\u007f\u0085\ufeff\uffff', summary: '😀 \u{10ffff} \ufffd' });
  await db.game.create({ data: game });
  expect(await db.game.findMany({ where: { title: game.title, summary: game.summary } })).toEqual([game]);
  await db.$disconnect();
});

test('instants compare by time whatever their milliseconds', async () => {
  const { db } = await openFile();
  const times = ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.001Z', '2026-01-01T00:00:01.000Z'];
  await db.game.createMany({ data: times.map((time) => newGame({ releaseAt: new Date(time) })) });
  expect(await db.game.count({ where: { releaseAt: { gt: new Date('2026-01-01T00:00:00.000Z') } } })).toBe(2);
  expect(await db.game.count({ where: { releaseAt: new Date('2026-01-01T00:00:00.001Z') } })).toBe(1);
  await db.$disconnect();
});

test('more rows than one statement can bind are written and read', async () => {
  const { db } = await openFile();
  const games = Array.from({ length: 5000 }, () => newGame());
  expect(await db.game.createMany({ data: games })).toEqual({ count: 5000 });
  const many = [...games.map((game) => game.id), ...Array.from({ length: 30_000 }, (_, i) => `unknown ${i}`)];
  expect(await db.game.findMany({ where: { id: { in: many } } })).toHaveLength(5000);
  await db.$disconnect();
});

import type { Clock } from '@playgraph/kernel/clock';
import { chunksOf, groupBy } from '@playgraph/kernel/collections';
import type { Shards } from '@playgraph/sharding/shards';
import type { DemoConversation, DemoFriendship, DemoWorld } from '@playgraph/testkit/demo-world';
import { mirrorOf, pairKeyOf, pairOf, type Relation } from './domain/friendship.ts';
import type { Db } from './store.ts';

/** How many rows one statement looks for or writes. */
const BATCH_ROWS = 500;
const FIRST_VERSION = 1;

type Deps = { readonly clock: Clock };
/** A conversation of the world, and when it was opened. */
type Opened = DemoConversation & { readonly openedAt: Date };

/**
 * Writes the demo world's players, friendships, conversations and owned games past the events, in bulk. Running it again
 * adds only what is not there, and leaves alone what players have changed since.
 */
export async function seedSocial(shards: Shards<Db>, world: DemoWorld, deps: Deps): Promise<void> {
  await seedPlayers(shards, world);
  await seedOwnedGames(shards, world);
  await seedRelations(shards, world.friendships);
  await seedConversations(shards, world.conversations, deps);
}

async function seedPlayers(shards: Shards<Db>, { players }: DemoWorld): Promise<void> {
  const rows = players.map((player) => ({ userId: player.id }));
  await insertMissing(rows, {
    shardOf: (row) => shards.forId(row.userId),
    keys: ['userId'],
    find: (db, some) => db.knownUser.findMany({ where: { userId: { in: some.map((row) => row.userId) } } }),
    insert: (db, data) => db.knownUser.createMany({ data }),
  });
}

async function seedOwnedGames(shards: Shards<Db>, { orders }: DemoWorld): Promise<void> {
  const rows = orders
    .filter((order) => order.state === 'FULFILLED')
    .flatMap((order) => order.lines.map((line) => ({ userId: order.buyerId, gameId: line.gameId })));
  await insertMissing(rows, {
    shardOf: (row) => shards.forId(row.userId),
    keys: ['userId', 'gameId'],
    find: (db, some) => db.ownedGame.findMany({ where: { userId: { in: some.map((row) => row.userId) } } }),
    insert: (db, data) => db.ownedGame.createMany({ data }),
  });
}

/** Both rows of each friendship, as if the event had been handled. */
async function seedRelations(shards: Shards<Db>, friendships: readonly DemoFriendship[]): Promise<void> {
  const rows = friendships.map(toRelation).flatMap((relation) => [relation, mirrorOf(relation)]);
  await insertMissing(rows, {
    shardOf: (row) => shards.forId(row.userId),
    keys: ['userId', 'otherId'],
    find: (db, some) =>
      db.relation.findMany({
        where: { userId: { in: some.map((row) => row.userId) } },
        select: { userId: true, otherId: true },
      }),
    insert: (db, data) => db.relation.createMany({ data }),
  });
}

function toRelation({ id, requesterId, addresseeId, acceptedAt }: DemoFriendship): Relation {
  const { lowId, highId } = pairOf(requesterId, addresseeId);
  return {
    userId: lowId,
    otherId: highId,
    friendshipId: id,
    side: 'FRIENDS',
    otherSide: 'FRIENDS',
    since: acceptedAt,
    otherSince: acceptedAt,
    version: FIRST_VERSION,
  };
}

/** A conversation's own row comes last of what lies beside it: where it is, the rest is, and players may have changed it. */
async function seedConversations(shards: Shards<Db>, all: readonly DemoConversation[], { clock }: Deps): Promise<void> {
  const opened = all.map((item) => ({ ...item, openedAt: item.messages[0]?.sentAt ?? clock.now() }));
  const wanted = await withoutOtherDirect(shards, opened);
  const there = await shards.mapIds(
    wanted.map(({ id }) => id),
    (db, ids) => findConversationIds(db, ids),
  );
  const known = new Set(there);
  const missing = wanted.filter(({ id }) => !known.has(id));
  await seedMessages(shards, missing);
  await seedMembers(shards, missing);
  await insertMissing(missing.map(toConversationRow), {
    shardOf: (row) => shards.forId(row.id),
    keys: ['id'],
    find: async (db, some) =>
      (
        await findConversationIds(
          db,
          some.map((row) => row.id),
        )
      ).map((id) => ({ id })),
    insert: (db, data) => db.conversation.createMany({ data }),
  });
  await seedEntries(shards, wanted);
}

/** Places the unique rows of direct conversations; leaves out those whose pair talks elsewhere already. */
async function withoutOtherDirect(shards: Shards<Db>, all: readonly Opened[]): Promise<readonly Opened[]> {
  const rows = all
    .filter(isDirect)
    .map(({ id, memberIds }) => ({ pairKey: pairKeyOfMembers(memberIds), conversationId: id }));
  const placed = new Map<string, string>();
  await insertMissing(rows, {
    shardOf: (row) => shards.forName(row.pairKey),
    keys: ['pairKey'],
    find: async (db, some) => {
      const found = await db.directConversation.findMany({
        where: { pairKey: { in: some.map((row) => row.pairKey) } },
      });
      for (const row of [...some, ...found]) placed.set(row.pairKey, row.conversationId);
      return found;
    },
    insert: (db, data) => db.directConversation.createMany({ data }),
  });
  return all.filter((item) => !isDirect(item) || placed.get(pairKeyOfMembers(item.memberIds)) === item.id);
}

async function seedMessages(shards: Shards<Db>, conversations: readonly Opened[]): Promise<void> {
  const rows = conversations.flatMap(({ id: conversationId, messages }) =>
    messages.map((message, index) => ({ ...message, conversationId, seq: index + 1 })),
  );
  await insertMissing(rows, {
    shardOf: (row) => shards.forId(row.conversationId),
    keys: ['conversationId', 'seq'],
    find: (db, some) =>
      db.message.findMany({
        where: { conversationId: { in: some.map((row) => row.conversationId) } },
        select: { conversationId: true, seq: true },
      }),
    insert: (db, data) => db.message.createMany({ data }),
  });
}

async function seedMembers(shards: Shards<Db>, conversations: readonly Opened[]): Promise<void> {
  const rows = conversations.flatMap((conversation) =>
    conversation.memberIds.map((userId) => ({
      conversationId: conversation.id,
      userId,
      joinedAt: conversation.openedAt,
    })),
  );
  await insertMissing(rows, {
    shardOf: (row) => shards.forId(row.conversationId),
    keys: ['conversationId', 'userId'],
    find: (db, some) =>
      db.conversationMember.findMany({
        where: { conversationId: { in: some.map((row) => row.conversationId) } },
        select: { conversationId: true, userId: true },
      }),
    insert: (db, data) => db.conversationMember.createMany({ data }),
  });
}

async function seedEntries(shards: Shards<Db>, conversations: readonly Opened[]): Promise<void> {
  const rows = conversations.flatMap((conversation) => {
    const { id: conversationId, lastSeq, lastActivityAt, membersVersion } = toConversationRow(conversation);
    const entry = { conversationId, lastSeq, readSeq: lastSeq, lastActivityAt, membersVersion, isMember: true };
    return conversation.memberIds.map((userId) => ({ ...entry, userId }));
  });
  await insertMissing(rows, {
    shardOf: (row) => shards.forId(row.userId),
    keys: ['userId', 'conversationId'],
    find: (db, some) =>
      db.conversationEntry.findMany({
        where: { userId: { in: some.map((row) => row.userId) } },
        select: { userId: true, conversationId: true },
      }),
    insert: (db, data) => db.conversationEntry.createMany({ data }),
  });
}

function toConversationRow(conversation: Opened) {
  const { id, title, messages, openedAt: createdAt } = conversation;
  return {
    id,
    kind: isDirect(conversation) ? 'DIRECT' : 'GROUP',
    title,
    lastSeq: messages.length,
    lastActivityAt: messages.at(-1)?.sentAt ?? createdAt,
    membersVersion: FIRST_VERSION,
    createdAt,
  };
}

async function findConversationIds(db: Db, ids: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const some of chunksOf(ids, BATCH_ROWS)) {
    const rows = await db.conversation.findMany({ where: { id: { in: some } }, select: { id: true } });
    found.push(...rows.map((row) => row.id));
  }
  return found;
}

function isDirect({ title, memberIds }: DemoConversation): boolean {
  return title === null && memberIds.length === 2;
}

function pairKeyOfMembers([left = '', right = '']: readonly string[]): string {
  return pairKeyOf(left, right);
}

/** `Keys` are the fields that tell rows apart. */
type Table<Row, Keys extends keyof Row> = {
  readonly shardOf: (row: Row) => Db;
  readonly keys: readonly Keys[];
  readonly find: (db: Db, some: readonly Row[]) => PromiseLike<readonly Pick<Row, Keys>[]>;
  readonly insert: (db: Db, data: Row[]) => PromiseLike<unknown>;
};

/** Writes the rows that are not there yet, in batches of one shard each. Of rows with the same keys the first counts. */
async function insertMissing<Row, Keys extends keyof Row>(
  rows: readonly Row[],
  table: Table<Row, Keys>,
): Promise<void> {
  const keyOf = (row: Pick<Row, Keys>): string => table.keys.map((key) => String(row[key])).join('/');
  const unique = new Map(rows.toReversed().map((row) => [keyOf(row), row]));
  for (const [db, group] of groupBy([...unique.values()], table.shardOf)) {
    for (const some of chunksOf(group, BATCH_ROWS)) {
      const known = new Set((await table.find(db, some)).map(keyOf));
      const data = some.filter((row) => !known.has(keyOf(row)));
      if (data.length > 0) await table.insert(db, data);
    }
  }
}

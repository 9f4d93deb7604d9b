import { expectTypeOf, test } from 'vitest';
import type { PrismaClient } from '../../sharding/tests/sample/generated/sqlite/client.ts';
import type { IdempotencyTx, InboxTx, OutboxDb, OutboxTx } from '../src/event-db.ts';

type Transaction = Parameters<Parameters<PrismaClient['$transaction']>[0]>[0];

test('a generated Prisma client and its transactions fit without a cast', () => {
  expectTypeOf<PrismaClient>().toExtend<OutboxDb>();
  expectTypeOf<PrismaClient>().toExtend<OutboxTx & InboxTx & IdempotencyTx>();
  expectTypeOf<Transaction>().toExtend<OutboxTx & InboxTx & IdempotencyTx>();
});

/**
 * What this package asks of a Prisma client, in structure only: the generated client of every subgraph fits without a
 * cast, for each has the models of `prisma/shared.prisma`.
 */

/** A row of the outbox. */
export type OutboxRow = {
  readonly id: string;
  readonly stream: string;
  readonly seq: number;
  readonly type: string;
  readonly at: Date;
  readonly data: string;
};

/** What `append` needs of a transaction. */
export type OutboxTx = {
  readonly outboxEvent: { createMany(args: { data: OutboxRow[] }): PromiseLike<{ count: number }> };
  readonly streamHead: {
    findUnique(args: { where: { stream: string } }): PromiseLike<{ seq: number } | null>;
    createMany(args: { data: { stream: string; seq: number }[] }): PromiseLike<{ count: number }>;
    updateMany(args: {
      where: { stream: string };
      data: { seq: { increment: number } };
    }): PromiseLike<{ count: number }>;
  };
};

/** What `isFirstDelivery` needs of a transaction. */
export type InboxTx = {
  readonly inboxEntry: {
    createMany(args: { data: { consumer: string; eventId: string; at: Date }[] }): PromiseLike<{ count: number }>;
  };
};

/** What a client's idempotency key brought about. */
export type IdempotencyRow = {
  readonly owner: string;
  readonly operation: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly response: string;
  readonly createdAt: Date;
};

/** What `claimIdempotencyKey` needs of a transaction. */
export type IdempotencyTx = {
  readonly idempotencyRecord: {
    findUnique(args: {
      where: { owner_operation_key: { owner: string; operation: string; key: string } };
    }): PromiseLike<IdempotencyRow | null>;
    createMany(args: { data: IdempotencyRow[] }): PromiseLike<{ count: number }>;
    updateMany(args: {
      where: {
        owner: string;
        operation: string;
        key: string;
        fingerprint?: string;
        response?: string;
        createdAt?: Date;
      };
      data: { fingerprint?: string; response?: string; createdAt?: Date };
    }): PromiseLike<{ count: number }>;
  };
};

/** What followers and the relay need of a shard's client. */
export type OutboxDb = {
  readonly outboxEvent: {
    findFirst(args: {
      where: { stream?: string; publishedAt?: null; id?: { lte: string } };
      orderBy: { seq?: 'desc'; id?: 'desc' };
    }): PromiseLike<OutboxRow | null>;
    findMany(args: {
      where: { stream?: string | { notIn: string[] }; seq?: { gt: number }; publishedAt?: null };
      orderBy: { seq?: 'asc'; id?: 'asc' };
      take: number;
    }): PromiseLike<OutboxRow[]>;
    updateMany(args: { where: { id: { in: string[] } }; data: { publishedAt: Date } }): PromiseLike<{ count: number }>;
  };
};

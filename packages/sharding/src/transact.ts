import { isUniqueViolation, isWriteConflict } from './prisma-errors.ts';

/** How long a transaction may wait for its shard, and how long it may then take. For every `PrismaClient` of a store. */
export const TRANSACTION_OPTIONS = { maxWait: 10_000, timeout: 10_000 } as const;
/** The longest that a transaction can still commit after it was begun. */
export const TRANSACTION_MS_MAX = TRANSACTION_OPTIONS.maxWait + TRANSACTION_OPTIONS.timeout;
/** How often a transaction that met races is tried before the race is its caller's problem. */
export const TRANSACTION_ATTEMPTS_MAX = 5;

/** Thrown in a transaction whose guarded write met a row that had changed since it was read: undoes it. */
export class OvertakenError extends Error {
  override readonly name = 'OvertakenError';
}

/** A Prisma client as far as transactions go. */
export type TransactionalDb<Tx> = {
  $transaction<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result>;
};

/** True when another transaction got in first and this one was undone: a second try sees what the winner wrote. */
export function isOvertaken(error: unknown): boolean {
  return error instanceof OvertakenError || isUniqueViolation(error) || isWriteConflict(error);
}

/**
 * Runs `work` in one transaction; again, at most TRANSACTION_ATTEMPTS_MAX times in all, when it was overtaken. `work`
 * starts anew each time, so nothing that it leaves outside the transaction may outlive an attempt.
 */
export async function transactOn<Tx, Result>(
  db: TransactionalDb<Tx>,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.$transaction(work);
    } catch (error) {
      if (attempt === TRANSACTION_ATTEMPTS_MAX || !isOvertaken(error)) throw error;
    }
  }
}

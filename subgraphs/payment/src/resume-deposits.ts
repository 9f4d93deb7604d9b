import type { PaymentDeps } from './deps.ts';
import { settleDeposit } from './settle-deposit.ts';
import { type Db, findPendingDeposits } from './store.ts';

/**
 * Settles deposits that a crash or a silent provider left PENDING: the player may have been charged. What is still
 * without an answer waits for the next run. Returns how many were settled.
 */
export async function resumeDeposits(deps: PaymentDeps): Promise<number> {
  const counts = await deps.store.shards.scatter((db) => resumeShard(deps, db));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function resumeShard(deps: PaymentDeps, db: Db): Promise<number> {
  const { resumeAfterMs, resumeBatchSize: limit, resumeBatchesMax } = deps.limits;
  const before = new Date(deps.clock.nowMs() - resumeAfterMs);
  let settledCount = 0;
  let afterId = '';
  for (let batch = 0; batch < resumeBatchesMax; batch++) {
    const deposits = await findPendingDeposits(db, { before, afterId, limit });
    for (const deposit of deposits) {
      try {
        await settleDeposit(deps, deposit);
        settledCount += 1;
      } catch (error) {
        deps.logger.warn({ err: error, depositId: deposit.id }, 'a deposit is left for the next run');
      }
    }
    afterId = deposits.at(-1)?.id ?? '';
    if (deposits.length < limit) break;
  }
  return settledCount;
}

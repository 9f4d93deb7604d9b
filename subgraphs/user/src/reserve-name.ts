import { TRANSACTION_MS_MAX } from '@playgraph/sharding/transact';
import type { UserDeps } from './deps.ts';
import type { UniqueName } from './domain.ts';

/** How far the clocks of two machines may differ. */
const CLOCK_SKEW_MS_MAX = 10_000;

/**
 * Holds a name for `userId`, who is about to be written on another shard; false when it is somebody else's.
 *
 * A registration that dies in between leaves its reservation behind. Once that is over, the next one who wants the name
 * looks whether its user was written after all: then the name is that user's for good, else it is taken over. A slow
 * registration cannot write its user after that look, because it begins only while `mayStillWrite`.
 */
export async function reserveName(deps: UserDeps, name: UniqueName, userId: string): Promise<boolean> {
  const { store, clock, settings } = deps;
  const reservedUntil = new Date(clock.nowMs() + settings.reservationMs);
  if (await store.insertName(name, userId, reservedUntil)) return true;
  const holder = await store.findNameHolder(name);
  // Given back this very moment: whoever asks again gets it.
  if (!holder) return store.insertName(name, userId, reservedUntil);
  if (holder.state === 'CONFIRMED' || holder.reservedUntil > clock.now()) return false;
  const [owner] = await store.findUsers([holder.userId]);
  if (owner) {
    await store.confirmName(name, owner.id);
    return false;
  }
  return store.takeOverName(name, holder, { userId, reservedUntil });
}

/** Whether a transaction that begins now is over, either way, before a reservation made at `reservedAtMs` is. */
export function mayStillWrite(deps: UserDeps, reservedAtMs: number): boolean {
  const overAtMs = reservedAtMs + deps.settings.reservationMs;
  return deps.clock.nowMs() + TRANSACTION_MS_MAX + CLOCK_SKEW_MS_MAX < overAtMs;
}

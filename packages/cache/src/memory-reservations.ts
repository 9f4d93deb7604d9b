import type { Reservations } from './hot-store.ts';

/** How many counters a memory hot store holds. Past that the one loaded longest ago is forgotten: UNKNOWN, so reloaded. */
export const COUNTERS_MAX = 10_000;

type Counter = { available: number; readonly amountByHolder: Map<string, number> };

/** Counters in this process; JavaScript runs one step at a time, so check-and-take is atomic as it stands. */
export function createMemoryReservations(deps: { countersMax: number }): Reservations & { clear(): void } {
  const counters = new Map<string, Counter>();
  return {
    async setAvailable(key, available) {
      if (!Number.isSafeInteger(available) || available < 0)
        throw new RangeError('available must be an integer from 0');
      counters.delete(key);
      for (const oldest of counters.keys()) {
        if (counters.size < deps.countersMax) break;
        counters.delete(oldest);
      }
      counters.set(key, { available, amountByHolder: new Map() });
    },
    async reserve(key, holder, amount) {
      if (!Number.isSafeInteger(amount) || amount < 1) throw new RangeError('amount must be an integer from 1');
      const counter = counters.get(key);
      if (!counter) return 'UNKNOWN';
      if (counter.amountByHolder.has(holder)) return 'RESERVED';
      if (counter.available < amount) return 'SOLD_OUT';
      counter.available -= amount;
      counter.amountByHolder.set(holder, amount);
      return 'RESERVED';
    },
    async release(key, holder) {
      const counter = counters.get(key);
      const amount = counter?.amountByHolder.get(holder) ?? 0;
      if (!counter || amount === 0) return 0;
      counter.amountByHolder.delete(holder);
      counter.available += amount;
      return amount;
    },
    available: async (key) => counters.get(key)?.available ?? null,
    clear: () => counters.clear(),
  };
}

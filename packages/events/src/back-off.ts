/** How long to wait between attempts: `firstMs`, then twice as long each time, never more than `maxMs`. */
export type BackOff = { readonly firstMs: number; readonly maxMs: number };

/** The wait after the `attempt`-th failure in a row; the first is 1. */
export function backOffMs(backOff: BackOff, attempt: number): number {
  return Math.min(backOff.firstMs * 2 ** (attempt - 1), backOff.maxMs);
}

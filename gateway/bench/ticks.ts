/**
 * Values that change in every answer and cost nothing to change. A tick is six digits at a place that can be found in
 * printed JSON: after a `~` in a text, or at the end of a ten-digit number that starts with 1 and a three-digit estimate.
 * Its width never changes, so an answer keeps its length; masked (all zeros), two answers of the same data are equal.
 */

const TICK_DIGITS = 6;
const TICKS_MAX = 10 ** TICK_DIGITS;
/** A number that carries a tick: `1`, the estimate in three digits, the tick. It stays below 2^31. */
const ESTIMATE_BASE = 1_000;
const PROBE_DIGITS = 8;

/** A text's tick before any service has changed it. */
export const NO_TICK = `~${'0'.repeat(TICK_DIGITS)}`;
/** What a client sends to make its request unlike all others, before it is numbered. */
export const NO_PROBE = `probe-${'0'.repeat(PROBE_DIGITS)}`;

const TICK_PLACES = /~(\d{6})|\b1\d{3}(\d{6})\b/g;
const PROBE_PLACE = /probe-(\d{8})/;

/** A number that carries `estimate` (0 to 999) and an unchanged tick. */
export function estimateOf(estimate: number): number {
  return (ESTIMATE_BASE + (estimate % ESTIMATE_BASE)) * TICKS_MAX;
}

/** Where the ticks of printed JSON start; byte offsets when the text is ASCII. */
export function findTicks(text: string): readonly number[] {
  return [...text.matchAll(TICK_PLACES)].map((match) => match.index + match[0].length - TICK_DIGITS);
}

/** Where the digits of a probe start; -1 without one. */
export function findProbe(text: string): number {
  const match = PROBE_PLACE.exec(text);
  return match ? match.index + match[0].length - PROBE_DIGITS : -1;
}

/** The text with ticks and probe as they were before anyone changed them. */
export function mask(text: string): string {
  return text
    .replace(TICK_PLACES, (found) => found.slice(0, -TICK_DIGITS) + '0'.repeat(TICK_DIGITS))
    .replace(PROBE_PLACE, NO_PROBE);
}

/** The digits of tick number `count`, for `writeDigits`; they start again after a million. */
export function tickDigits(count: number): Buffer {
  return Buffer.from(String(count % TICKS_MAX).padStart(TICK_DIGITS, '0'), 'latin1');
}

/** The digits of probe number `count`. */
export function probeDigits(count: number): string {
  return String(count).padStart(PROBE_DIGITS, '0').slice(-PROBE_DIGITS);
}

/** Writes `digits` at each offset of `bytes`. */
export function writeDigits(bytes: Buffer, offsets: readonly number[], digits: Buffer): void {
  for (const offset of offsets) for (let i = 0; i < digits.length; i++) bytes[offset + i] = digits[i] ?? 0;
}

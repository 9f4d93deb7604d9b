const KEY_CHARS = 16;
let last = 0;

/** An idempotency key that this process has not used before. */
export function freshKey(): string {
  last += 1;
  return `key-${String(last).padStart(KEY_CHARS, '0')}`;
}

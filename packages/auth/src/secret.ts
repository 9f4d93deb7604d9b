import { createHmac, timingSafeEqual } from 'node:crypto';

/** The fewest characters a shared secret may have. */
export const SECRET_CHARS_MIN = 32;

/**
 * A key for one purpose, derived from a shared secret, so that what is signed for one purpose proves nothing in another.
 * @throws TypeError when the secret is shorter than SECRET_CHARS_MIN.
 */
export function deriveKey(secret: string, purpose: string): Buffer {
  if (secret.length < SECRET_CHARS_MIN) throw new TypeError(`a secret needs at least ${SECRET_CHARS_MIN} characters`);
  return createHmac('sha256', secret).update(`playgraph:${purpose}`).digest();
}

/** HMAC-SHA256 of `text`, as base64url. */
export function authenticate(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}

/** Whether `mac` is that of `text`; takes the same time for every wrong one of the right length. */
export function isAuthentic(key: Buffer, text: string, mac: string): boolean {
  const expected = Buffer.from(authenticate(key, text));
  const given = Buffer.from(mac);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

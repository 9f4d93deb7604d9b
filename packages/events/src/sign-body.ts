import { authenticate, deriveKey, isAuthentic } from '@playgraph/auth/secret';
import type { Clock } from '@playgraph/kernel/clock';

/** The header that carries the signature of a body: `t=<ms since the epoch>,v1=<HMAC-SHA256 as base64url>`. */
export const SIGNATURE_HEADER = 'playgraph-signature';
/** A signature that is older than this, or that much in the future, does not count. */
export const SIGNATURE_AGE_MS_MAX = 5 * 60_000;

const HEADER_PATTERN = /^t=(\d{1,16}),v1=([\w-]{43})$/;

/** Signs what peers send each other, and checks it. */
export type BodySigner = {
  /** The signature of `body` at this instant. */
  sign(body: string): string;
  /** True when `header` is a signature of exactly this body by the same secret, not older than SIGNATURE_AGE_MS_MAX. */
  isSigned(body: string, header: string): boolean;
};

/** A signer by a secret that all peers share. @throws TypeError when the secret is too short. */
export function createBodySigner(deps: { secret: string; clock: Clock }): BodySigner {
  const key = deriveKey(deps.secret, 'events');
  return {
    sign(body) {
      const atMs = String(deps.clock.nowMs());
      return `t=${atMs},v1=${authenticate(key, `${atMs}.${body}`)}`;
    },
    isSigned(body, header) {
      const [, atMs, mac] = HEADER_PATTERN.exec(header) ?? [];
      if (atMs === undefined || mac === undefined) return false;
      if (Math.abs(deps.clock.nowMs() - Number(atMs)) > SIGNATURE_AGE_MS_MAX) return false;
      return isAuthentic(key, `${atMs}.${body}`, mac);
    },
  };
}

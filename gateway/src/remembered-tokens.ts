import { accessTokenExpiryMs } from '@playgraph/auth/access-token';
import type { Identity } from '@playgraph/auth/identity';
import type { Clock } from '@playgraph/kernel/clock';
import { LRUCache } from 'lru-cache';
import type { VerifyToken } from './http/request-info.ts';

/** For so long a token that was verified is taken at its word: keys may have been withdrawn meanwhile. */
export const TOKEN_REMEMBERED_MS_MAX = 30_000;
const TOKENS_MAX = 50_000;
const TOKENS_CHARS_MAX = 16 * 1024 * 1024;

type Remembered = { readonly identity: Identity; readonly untilMs: number };

/**
 * `verify` that remembers whom a token stands for, never past the token's end: a signature costs as much to check as all
 * the rest of a small request, and a client sends the same token with every one. What is refused is not remembered.
 */
export function rememberTokens(
  verify: VerifyToken,
  { clock, clockToleranceMs }: { readonly clock: Clock; readonly clockToleranceMs: number },
): VerifyToken {
  const known = new LRUCache<string, Remembered>({
    max: TOKENS_MAX,
    maxSize: TOKENS_CHARS_MAX,
    sizeCalculation: (_remembered, token) => token.length,
  });
  return async (token) => {
    const nowMs = clock.nowMs();
    const found = known.get(token);
    if (found && nowMs < found.untilMs) return found.identity;
    const identity = await verify(token);
    const expiryMs = accessTokenExpiryMs(token, clockToleranceMs);
    if (expiryMs !== null) known.set(token, { identity, untilMs: Math.min(expiryMs, nowMs + TOKEN_REMEMBERED_MS_MAX) });
    return identity;
  };
}

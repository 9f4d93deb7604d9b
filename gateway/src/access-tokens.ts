import { createTokenVerifier, type TokenRefusal } from '@playgraph/auth/access-token';
import { createRemoteKeySet } from '@playgraph/auth/key-set';
import type { Clock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import type { GatewayConfig } from './config.ts';
import type { VerifyToken } from './http/request-info.ts';
import { rememberTokens } from './remembered-tokens.ts';

/** How often a reason for which tokens are refused is told: a wrong setting refuses them all. */
const REFUSALS_TOLD_MS_MIN = 60_000;

/** What an operator can mend, and by which setting; the others are mistakes of clients, or time that has passed. */
const SETTING_OF: Partial<Record<TokenRefusal, string>> = {
  ISSUER: 'identity.issuer',
  AUDIENCE: 'identity.audience',
  ALGORITHM: 'identity.algorithms',
  UNKNOWN_KEY: 'identity.jwksUrl',
  SIGNATURE: 'identity.jwksUrl',
  NOT_YET_VALID: 'identity.clockToleranceMs',
  CLAIMS: 'identity.userIdClaim',
};

/**
 * Who the owner of an access token is, by the settings; null where none is looked at. The keys are read ahead. A reason
 * for which tokens are refused is logged once a minute when it may be a setting's fault; the tokens never are.
 */
export function openAccessTokens(
  settings: GatewayConfig['identity'],
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): VerifyToken | null {
  const { jwksUrl, issuer, audience, algorithms, clockToleranceMs } = settings;
  if (jwksUrl === null) return null;
  const keySet = createRemoteKeySet({
    url: jwksUrl,
    ttlMs: settings.jwksTtlMs,
    outageMsMax: settings.jwksOutageMs,
    clock,
    logger,
  });
  void keySet.load();
  const verifier = createTokenVerifier({
    keySet,
    issuer,
    clock,
    audience: audience === null ? [] : [audience].flat(),
    algorithms,
    clockToleranceMs,
    claims: {
      userId: settings.userIdClaim,
      session: settings.sessionClaim,
      isSessionRequired: false,
      scopes: settings.scopeClaims,
    },
    onRefused: createRefusalLog({ clock, logger }),
  });
  return rememberTokens(verifier.verify, { clock, clockToleranceMs });
}

function createRefusalLog({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
  const toldAtMs = new Map<TokenRefusal, number>();
  return (reason: TokenRefusal): void => {
    const setting = SETTING_OF[reason];
    const nowMs = clock.nowMs();
    const restsSinceMs = nowMs - (toldAtMs.get(reason) ?? Number.NEGATIVE_INFINITY);
    if (setting === undefined || restsSinceMs < REFUSALS_TOLD_MS_MIN) return;
    toldAtMs.set(reason, nowMs);
    logger.warn({ reason, setting }, 'access tokens are refused; the setting may be wrong, or a client');
  };
}

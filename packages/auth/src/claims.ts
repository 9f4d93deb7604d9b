import type { Identity } from './identity.ts';

/** What a token says, as JSON. */
export type Claims = Readonly<Record<string, unknown>>;

/** Where in a token the parts of an identity stand. Names may have dots: `realm_access.roles`, see `readClaim`. */
export type ClaimNames = {
  readonly userId: string;
  readonly session: string;
  /** Whether a token that names no session counts. */
  readonly isSessionRequired: boolean;
  readonly scopes: readonly string[];
};

/** The longest name of a claim that is looked up by its parts. */
const CLAIM_PARTS_MAX = 16;

/**
 * The claim at `name`: the key that is called so, dots and all (`https://shop.example/roles`), else what its dots lead
 * to (`realm_access.roles`), longer keys first. Undefined when there is none.
 */
export function readClaim(claims: Claims, name: string): unknown {
  return readParts(claims, name.split('.').slice(0, CLAIM_PARTS_MAX));
}

/** Who a token stands for; null when it does not say. A session that it does not name is the empty text. */
export function toIdentity(claims: Claims, names: ClaimNames): Identity | null {
  const userId = toId(readClaim(claims, names.userId));
  const sessionId = toId(readClaim(claims, names.session)) ?? (names.isSessionRequired ? null : '');
  if (userId === null || sessionId === null) return null;
  const scopes = new Set(names.scopes.flatMap((name) => toNames(readClaim(claims, name))));
  return { userId, sessionId, scopes: [...scopes] };
}

function readParts(inner: unknown, parts: readonly string[]): unknown {
  if (parts.length === 0) return inner;
  if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return undefined;
  for (let length = parts.length; length > 0; length--) {
    const key = parts.slice(0, length).join('.');
    if (!Object.hasOwn(inner, key)) continue;
    const found = readParts((inner as Claims)[key], parts.slice(length));
    if (found !== undefined) return found;
  }
  return undefined;
}

function toId(value: unknown): string | null {
  if (typeof value === 'string' && value !== '') return value;
  return Number.isSafeInteger(value) ? String(value) : null;
}

/** Names in a list, or in one text with blanks between them (RFC 6749). */
function toNames(value: unknown): readonly string[] {
  const listed: readonly unknown[] = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : [];
  return listed.filter((name): name is string => typeof name === 'string' && name !== '');
}

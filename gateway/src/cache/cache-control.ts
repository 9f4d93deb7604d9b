/** What a `cache-control` header lets a shared cache keep. `UNSAID`: neither `public` nor `private` stands in it. */
export type Keepable = { readonly maxAgeSeconds: number; readonly scope: 'PUBLIC' | 'PRIVATE' | 'UNSAID' };

/** How long a whole answer may be kept, and by whom. */
export type CachePolicy = { readonly maxAgeSeconds: number; readonly scope: 'PUBLIC' | 'PRIVATE' };

/** Longer texts are not read: nobody has that much to say. */
const HEADER_CHARS_MAX = 1_024;
/** How many headers are remembered: a subgraph has few, unless it counts down. */
const HEADERS_MAX = 256;
const SECONDS_PATTERN = /^"?(\d{1,10})"?$/;

/** What may be kept of an answer with this header; null for nothing: no header, `no-store`, `no-cache`, no age. */
export function readCacheControl(header: string | null): Keepable | null {
  if (header === null || header.length > HEADER_CHARS_MAX) return null;
  const known = readHeaders.get(header);
  if (known !== undefined) return known;
  const keepable = parseHeader(header);
  if (readHeaders.size >= HEADERS_MAX) readHeaders.clear();
  readHeaders.set(header, keepable);
  return keepable;
}

/** Every answer has a header, and nearly all of them have the same few. */
const readHeaders = new Map<string, Keepable | null>();

function parseHeader(header: string): Keepable | null {
  const ages = new Map<string, number>();
  let scope: Keepable['scope'] = 'UNSAID';
  for (const part of header.toLowerCase().split(',')) {
    const [name = '', value = ''] = part.trim().split('=', 2);
    if (name === 'no-store' || name === 'no-cache') return null;
    // Private wins, wherever it stands.
    if (name === 'private') scope = 'PRIVATE';
    if (name === 'public' && scope === 'UNSAID') scope = 'PUBLIC';
    if (name === 'max-age' || name === 's-maxage') {
      const seconds = Number(SECONDS_PATTERN.exec(value.trim())?.[1] ?? 0);
      // Of two ages the shorter one counts, so that a doubtful header is not trusted for longer than it may mean.
      ages.set(name, Math.min(seconds, ages.get(name) ?? seconds));
    }
  }
  // The gateway is a shared cache, and `s-maxage` is meant for those.
  const maxAgeSeconds = ages.get('s-maxage') ?? ages.get('max-age') ?? 0;
  if (scope === 'UNSAID' && ages.has('s-maxage')) scope = 'PUBLIC';
  return maxAgeSeconds > 0 ? { maxAgeSeconds, scope } : null;
}

/** A policy as a `cache-control` value; null for none, which the door says as `no-store`. */
export function printCacheControl(policy: CachePolicy | null): string | null {
  if (!policy || policy.maxAgeSeconds <= 0) return null;
  return `max-age=${policy.maxAgeSeconds}, ${policy.scope === 'PUBLIC' ? 'public' : 'private'}`;
}

/** The policy of an answer that is put together from parts. */
export type PolicyTally = {
  /** Counts a part in; null: it may not be kept, and so the whole may not. */
  add(part: Keepable | null): void;
  /** The shortest age and the narrowest scope of all parts; null when there are none or one may not be kept. */
  policy(): CachePolicy | null;
};

/** `isAnonymous`: nobody is known to ask, so that what does not say whom it is for is for everyone. */
export function createPolicyTally(scope: { readonly isAnonymous: boolean }): PolicyTally {
  let total: CachePolicy | null | undefined;
  return {
    add(part) {
      if (part === null || part.maxAgeSeconds <= 0) total = null;
      if (part === null || total === null) return;
      const isPublic = part.scope === 'PUBLIC' || (part.scope === 'UNSAID' && scope.isAnonymous);
      total = {
        maxAgeSeconds: Math.min(part.maxAgeSeconds, total?.maxAgeSeconds ?? part.maxAgeSeconds),
        scope: isPublic && total?.scope !== 'PRIVATE' ? 'PUBLIC' : 'PRIVATE',
      };
    },
    policy: () => total ?? null,
  };
}

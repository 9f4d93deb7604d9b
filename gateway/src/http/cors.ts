import type { IncomingMessage } from 'node:http';

/** How long a browser may remember that it is allowed to call. */
const MAX_AGE_SECONDS = 600;
/** The header names that a preflight may ask for are echoed only when they look like some. */
const HEADER_NAMES_PATTERN = /^[\w!#$%&'*+.^`|~, -]{1,1024}$/;
const EXPOSED = 'x-correlation-id, retry-after';

/** Which browser origins may call. Header lists are name, value, name, value. */
export type Cors = {
  /** The headers of an answer for a page of this origin. */
  headersFor(origin: string | undefined): readonly string[];
  /** What the answer to a preflight has on top; nothing for an origin that may not call. */
  preflightFor(request: IncomingMessage): readonly string[];
};

/**
 * Whether a page may open a WebSocket. No browser asks before it does, and none hides what comes: so a page of an origin
 * that may not call is refused, as it would be over HTTP. A page of the gateway's own host may, and whoever is no page.
 */
export function mayConnect(origins: '*' | readonly string[], { headers }: IncomingMessage): boolean {
  const { origin, host } = headers;
  if (origin === undefined || origins === '*' || origins.includes(origin)) return true;
  if (!URL.canParse(origin)) return false;
  const from = new URL(origin).host;
  if (from === '') return false;
  // A proxy in front may ask us by another name than the page did. No page can set this header.
  const forwarded = String(headers['x-forwarded-host'] ?? '').split(',')[0];
  return [host, forwarded].some((name) => name?.trim().toLowerCase().replace(DEFAULT_PORT_PATTERN, '') === from);
}

/** An origin leaves out the port that its scheme has anyway; a `host` may have it. */
const DEFAULT_PORT_PATTERN = /:(?:80|443)$/;

/**
 * CORS by an allowlist; `*` is any origin. Credentials are never allowed: tokens travel in a header that the page sets
 * itself, so that no cookie of a user is at stake.
 */
export function createCors(origins: '*' | readonly string[], methods: string): Cors {
  const allowed = new Set(origins === '*' ? [] : origins);
  const any = ['access-control-allow-origin', '*', 'access-control-expose-headers', EXPOSED];
  const none: readonly string[] = [];
  const headersFor: Cors['headersFor'] = (origin) => {
    if (origin === undefined) return none;
    if (origins === '*') return any;
    if (!allowed.has(origin)) return none;
    return ['access-control-allow-origin', origin, 'access-control-expose-headers', EXPOSED];
  };
  return {
    headersFor,
    preflightFor: ({ headers }) => {
      if (headersFor(headers.origin).length === 0) return none;
      const asked = headers['access-control-request-headers'] ?? '';
      return [
        'access-control-allow-methods',
        methods,
        ...(HEADER_NAMES_PATTERN.test(asked) ? ['access-control-allow-headers', asked] : []),
        'access-control-max-age',
        String(MAX_AGE_SECONDS),
      ];
    },
  };
}

import { clientKeyOf } from '../calls/client-key.ts';
import type { ClientInfo } from '../client-request.ts';
import { hashOf } from './load-facts.ts';

/** Headers that say who asks: what is public does not depend on them. */
const IDENTITY_HEADERS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie']);
/** Headers that differ in every request and that no answer depends on. */
const TRACE_HEADERS: ReadonlySet<string> = new Set(['traceparent', 'tracestate']);

/** With whom a client shares what is kept. */
export type ClientScope = {
  /** Nobody is known to ask: there is no token, and no header that may say who it is. */
  readonly isAnonymous: boolean;
  /** Who may be told the same where an answer is public: the forwarded headers that do not say who asks. */
  readonly sharedKey: string;
  /** Who may be told the same where it is not: nobody but this identity, with these headers. */
  readonly ownKey: string;
};

/** Cheap: keys are made when somebody first asks, for most requests never look anything up. */
export function clientScopeOf(client: ClientInfo): ClientScope {
  let sharedKey: string | undefined;
  let ownKey: string | undefined;
  return {
    get isAnonymous() {
      return isAnonymous(client);
    },
    get sharedKey() {
      sharedKey ??= sharedKeyOf(client);
      return sharedKey;
    },
    get ownKey() {
      ownKey ??= hashOf(clientKeyOf(client));
      return ownKey;
    },
  };
}

function isAnonymous({ identity, headers }: ClientInfo): boolean {
  if (identity !== null) return false;
  for (const name in headers) if (IDENTITY_HEADERS.has(name)) return false;
  return true;
}

function sharedKeyOf({ headers }: ClientInfo): string {
  const names = Object.keys(headers).filter((name) => !TRACE_HEADERS.has(name) && !IDENTITY_HEADERS.has(name));
  return names.length === 0 ? '' : hashOf(JSON.stringify(names.sort().map((name) => [name, headers[name]])));
}

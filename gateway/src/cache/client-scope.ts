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
  return new ScopeOnDemand(client);
}

/** A class and no literal with getters, since one is made for each request: ADR 11. */
class ScopeOnDemand implements ClientScope {
  readonly #client: ClientInfo;
  #sharedKey: string | undefined;
  #ownKey: string | undefined;

  constructor(client: ClientInfo) {
    this.#client = client;
  }

  get isAnonymous(): boolean {
    return isAnonymous(this.#client);
  }

  get sharedKey(): string {
    this.#sharedKey ??= sharedKeyOf(this.#client);
    return this.#sharedKey;
  }

  get ownKey(): string {
    this.#ownKey ??= hashOf(clientKeyOf(this.#client));
    return this.#ownKey;
  }
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

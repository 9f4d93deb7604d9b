import type { Identity } from '@playgraph/auth/identity';
import type { ClientInfo } from '../client-request.ts';

/** Headers that differ in every request and that no subgraph's answer depends on. */
const TRACE_HEADERS: ReadonlySet<string> = new Set(['traceparent', 'tracestate']);

/**
 * On whose behalf and under which terms a subgraph is asked: the whole identity with its scopes, and the forwarded
 * headers but for trace context. Where two clients have equal keys, a subgraph cannot tell them apart. No key is the
 * beginning of another one, so that text may follow it.
 */
export function clientKeyOf({ identity, headers, isMetered }: ClientInfo): string {
  let key = identity ? identityKeyOf(identity) : '';
  for (const name in headers) {
    if (!TRACE_HEADERS.has(name)) key += measured(name) + measured(headers[name] ?? '');
  }
  return (isMetered ? 'm' : '') + measured(key);
}

/** One identity object often serves many requests: those of a socket, or of a token that is remembered. */
const identityKeys = new WeakMap<Identity, string>();

function identityKeyOf(identity: Identity): string {
  const known = identityKeys.get(identity);
  if (known !== undefined) return known;
  // All of it: whatever an identity comes to hold may decide what its owner sees.
  const key = measured(JSON.stringify(identity));
  identityKeys.set(identity, key);
  return key;
}

/** A text that says where it ends, so that no client can pass off a part of one value as the next one. */
function measured(text: string): string {
  return `${text.length}:${text}`;
}

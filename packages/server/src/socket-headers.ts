import { forwardedHeaders } from './request-headers.ts';
import type { TransportInfo } from './transport.ts';

/** Headers that differ in every request and say nothing about rights: they would give every client a socket. */
const TRACE_HEADERS: ReadonlySet<string> = new Set(['traceparent', 'tracestate']);
/** Headers of the upgrade itself. */
const UPGRADE_PREFIX = 'sec-websocket-';

/** `{ 'headers.Authorization': 'authorization' }` -> `{ headers: { Authorization: <the header> } }`; those that are not there are left out. */
export function placeHeaders(
  places: Readonly<Record<string, string>>,
  headers: TransportInfo['headers'],
): Record<string, unknown> {
  const params: Record<string, unknown> = {};
  for (const [path, name] of Object.entries(places)) {
    const value = headers[name.toLowerCase()];
    if (value === undefined) continue;
    const [last = '', ...outer] = path.split('.').toReversed();
    const at = outer.toReversed().reduce<Record<string, unknown>>((object, key) => {
      const inner = Object.hasOwn(object, key) && typeof object[key] === 'object' ? object[key] : {};
      object[key] = inner;
      return inner as Record<string, unknown>;
    }, params);
    at[last] = value;
  }
  return params;
}

/** The forwarded headers that an upgrade may carry. */
export function upgradeHeaders({ headers }: TransportInfo): TransportInfo['headers'] {
  const pairs = forwardedHeaders(headers);
  const named = pairs.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, pairs[i + 1] ?? '']] : []));
  return Object.fromEntries(named.filter(([name]) => !TRACE_HEADERS.has(name) && !name.startsWith(UPGRADE_PREFIX)));
}

import type { Transport, TransportInfo } from '@playgraph/server/transport';
import type { SubgraphSettings } from './config/subgraph-settings.ts';

/** What joins the spans of one request; it goes to every subgraph. */
const TRACE_HEADERS = ['traceparent', 'tracestate', 'baggage'] as const;

type Headers = TransportInfo['headers'];

/** `transport`, whose subgraph gets those of the client's headers that its rule names, and those that the rule sets. */
export function withHeaderRule(transport: Transport, rule: SubgraphSettings['headers']): Transport {
  // One client request passes the same headers to each of its calls, and a transport may remember them by identity.
  const known = new WeakMap<Headers, Headers>();
  const own = (info: TransportInfo): TransportInfo => {
    const kept = known.get(info.headers);
    const headers = kept ?? applyRule(info.headers, rule);
    if (!kept) known.set(info.headers, headers);
    return headers === info.headers ? info : { ...info, headers };
  };
  return {
    execute: (request, info) => transport.execute(request, own(info)),
    subscribe: (request, info) => transport.subscribe(request, own(info)),
    close: () => transport.close(),
  };
}

/** `given` itself when the rule leaves it as it is. */
function applyRule(given: Headers, { forward, set }: SubgraphSettings['headers']): Headers {
  const names = [...TRACE_HEADERS, ...forward];
  const passed = names.flatMap((name): [string, string][] => {
    const value = given[name];
    return value === undefined ? [] : [[name, value]];
  });
  const isSame = passed.length === Object.keys(given).length && Object.keys(set).length === 0;
  return isSame ? given : { ...Object.fromEntries(passed), ...set };
}

import { ConfigError } from '@playgraph/kernel/config';
import { createTransportRequest, type Transport } from '@playgraph/server/transport';
import { OperationTypeNode } from 'graphql';

type Opened = { readonly url: string; readonly transport: Transport };

/** How long a transport that no graph has any more stays open beyond the longest call: plans under way may still need it. */
const RETIRED_MS = 30_000;

/** The longest wait of a timer: Node takes a longer one for none. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The transports of all subgraphs, over all versions of the graph. */
export type TransportPool = {
  /** Those of a newer version, until it is known whether that comes into force. Throws what making one throws. */
  open(urls: ReadonlyMap<string, string>): NewTransports;
  close(): Promise<void>;
};

/** The transports of one version of the graph. One of the two has to be called. */
export type NewTransports = {
  /** One for each name; the one in use where its address is the same. */
  readonly transports: ReadonlyMap<string, Transport>;
  /** The version is in force. What only older ones used is closed later. */
  use(): void;
  /** The version never comes into force: closes what was made for it. */
  discard(): void;
};

/** `longestCallMs`: how long any of their calls may take. */
export function createTransportPool(
  createTransport: (subgraph: { readonly name: string; readonly url: string }) => Transport,
  longestCallMs: () => number = () => 0,
): TransportPool {
  let opened = new Map<string, Opened>();
  const retired = new Map<Transport, NodeJS.Timeout>();
  const retire = (transport: Transport): void => {
    const close = () => {
      retired.delete(transport);
      closeUnused(transport);
    };
    retired.set(transport, setTimeout(close, Math.min(RETIRED_MS + longestCallMs(), TIMER_MS_MAX)).unref());
  };
  return {
    open(urls) {
      const next = new Map<string, Opened>();
      const discard = () => {
        for (const [name, made] of next) if (opened.get(name) !== made) closeUnused(made.transport);
      };
      try {
        openEach(urls, (name, url) => {
          const known = opened.get(name);
          next.set(name, known?.url === url ? known : { url, transport: createTransport({ name, url }) });
        });
      } catch (error) {
        discard();
        throw error;
      }
      return {
        transports: new Map([...next].map(([name, { transport }]) => [name, transport])),
        use() {
          for (const [name, old] of opened) if (next.get(name) !== old) retire(old.transport);
          opened = next;
        },
        discard,
      };
    },
    close: async () => {
      for (const timer of retired.values()) clearTimeout(timer);
      const all = [...retired.keys(), ...[...opened.values()].map(({ transport }) => transport)];
      await Promise.all(all.map((transport) => transport.close()));
    },
  };
}

/** @throws ConfigError with the problems of all addresses at once, so that one start tells them all. */
function openEach(urls: ReadonlyMap<string, string>, open: (name: string, url: string) => void): void {
  const problems: string[] = [];
  for (const [name, url] of urls) {
    try {
      open(name, url);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
}

/** Nobody uses it any more: how it ends is nobody's concern. */
function closeUnused(transport: Transport): void {
  transport.close().catch(() => undefined);
}

/** The cheapest operation that every GraphQL service answers. */
const PROBE = createTransportRequest({
  query: '{ __typename }',
  operationName: undefined,
  operationType: OperationTypeNode.QUERY,
  variables: {},
});
const PROBE_MS_MAX = 2_000;

/** Resolves when a subgraph answers. @throws Error with its name when it does not. */
export async function checkSubgraph(name: string, transport: Transport): Promise<void> {
  const signal = AbortSignal.timeout(PROBE_MS_MAX);
  const info = { identity: null, correlationId: 'ready', signal, isMetered: false, headers: {} };
  const { errors } = (await transport.execute(PROBE, info)).read();
  if (errors) throw new Error(`${name}: ${errors[0]?.message}`);
}

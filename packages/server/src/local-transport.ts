import { meterStoreQueries } from '@playgraph/sharding/query-meter';
import { executeLocal, subscribeLocal } from './execute-local.ts';
import type { Subgraph } from './subgraph.ts';
import type { Transport } from './transport.ts';

/** A `Transport` to a subgraph in the same process: no socket, no signature, the same answers. */
export function createLocalTransport(subgraph: Subgraph): Transport {
  return {
    async execute(request, info) {
      const run = async () => {
        const result = await executeLocal(subgraph, { ...request, query: request.document }, info);
        info.signal.throwIfAborted();
        return result;
      };
      if (!info.isMetered) return run();
      const { result, queries } = await meterStoreQueries(run);
      return { ...result, extensions: { ...result.extensions, storeQueries: queries } };
    },
    subscribe: (request, info) => subscribeLocal(subgraph, { ...request, query: request.document }, info),
    close: async () => undefined,
  };
}

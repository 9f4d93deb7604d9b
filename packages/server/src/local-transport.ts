import { meterStoreQueries } from '@playgraph/sharding/query-meter';
import { cacheControlOf } from './cache-policy.ts';
import { executeLocal, subscribeLocal } from './execute-local.ts';
import type { Operation } from './prepare-operation.ts';
import { sealJson } from './seal-json.ts';
import type { RequestInfo, Subgraph } from './subgraph.ts';
import { answerOf, type Transport, type TransportInfo, type TransportRequest } from './transport.ts';
import { type CancelSignal, toAbortSignal, unwatchAbort, watchAbort } from './watch-abort.ts';

/**
 * A `Transport` to a subgraph in the same process: no socket, no signature, the same answers. They are frozen: without
 * bytes in between, who changed one would change what others hold, and the subgraph's own values.
 */
export function createLocalTransport(subgraph: Subgraph): Transport {
  return {
    async execute(request, info) {
      info.signal.throwIfAborted();
      const response = await untilAborted(run(subgraph, request, info), info.signal);
      return { ...answerOf(sealJson(response)), cacheControl: cacheControlOf(subgraph.schema, request, response) };
    },
    subscribe: (request, info) => subscribeLocal(subgraph, toOperation(request), toRequestInfo(info)),
    close: async () => undefined,
  };
}

/** What a subgraph is told, with a signal that its resolvers can pass on to whatever they call. */
function toRequestInfo({ identity, correlationId, signal }: TransportInfo): RequestInfo {
  return { identity, correlationId, signal: toAbortSignal(signal) };
}

function toOperation({ document, operationName, variables }: TransportRequest): Operation {
  return { query: document, operationName, variables };
}

async function run(subgraph: Subgraph, request: TransportRequest, info: TransportInfo) {
  const execute = () => executeLocal(subgraph, toOperation(request), toRequestInfo(info));
  if (!info.isMetered) return execute();
  const { result, queries } = await meterStoreQueries(execute);
  return { ...result, extensions: { ...result.extensions, storeQueries: queries } };
}

/** Rejects with the signal's reason as soon as it aborts: a resolver need not look at its signal. */
function untilAborted<Value>(work: Promise<Value>, signal: CancelSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const listener = { onAbort: () => reject(signal.reason) };
    watchAbort(signal, listener);
    work.then(resolve, reject).finally(() => unwatchAbort(signal, listener));
  });
}

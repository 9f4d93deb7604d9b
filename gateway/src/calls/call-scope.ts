import type { Transport, TransportAnswer, TransportInfo } from '@playgraph/server/transport';
import { type CancelSignal, LeanAbortController, unwatchAbort, watchAbort } from '@playgraph/server/watch-abort';
import { OperationTypeNode } from 'graphql';
import type { ClientInfo } from '../client-request.ts';
import type { CallCounts } from './call-counts.ts';
import type { Flight, InFlight } from './in-flight.ts';
import type { SubgraphCall } from './subgraph-call.ts';

/** The calls of one run, each cancelled when the run is over and nobody else waits for it. */
export type CallScope = {
  readonly send: SubgraphCall;
  /** Leaves every call that is still on its way. From now on `send` rejects. */
  end(): void;
};

export type CallScopeOptions = {
  readonly transports: ReadonlyMap<string, Transport>;
  readonly inFlight: InFlight<TransportAnswer>;
  /** What makes two clients the same to a subgraph, where calls are shared with other runs; null where they are not. */
  readonly clientKey: string | null;
  /** The first who asks: requests that are shared carry this client's correlation id and trace. */
  readonly client: ClientInfo;
  /** Aborts when nobody waits for the run any more. */
  readonly signal: CancelSignal;
  readonly counts: CallCounts;
};

export function createCallScope(options: CallScopeOptions): CallScope {
  const { transports, inFlight, clientKey, client, signal, counts } = options;
  const flights: Flight<TransportAnswer>[] = [];
  const own = createOwnCalls(client);
  let isOver = false;

  const end = () => {
    if (isOver) return;
    isOver = true;
    unwatchAbort(signal, listener);
    own.end();
    for (const flight of flights) flight.leave();
  };
  const listener = { onAbort: end };
  watchAbort(signal, listener);

  return {
    send(subgraph, request) {
      if (isOver) return Promise.reject(signal.reason ?? new DOMException('The run is over.', 'AbortError'));
      const transport = transports.get(subgraph);
      if (!transport) return Promise.reject(missingTransport(subgraph));
      if (clientKey === null || request.operationType !== OperationTypeNode.QUERY) {
        counts.sent += 1;
        return own.track(transport.execute(request, own.info()));
      }
      const flight = inFlight.join(
        request.body,
        (callSignal) => transport.execute(request, { ...client, signal: callSignal }),
        `${clientKey}${subgraph}`,
      );
      flights.push(flight);
      if (flight.isJoined) counts.shared += 1;
      else counts.sent += 1;
      return flight.value;
    },
    end,
  };
}

/** Calls that no other run may wait for: one signal serves them all, since they are given up together. */
function createOwnCalls(client: ClientInfo) {
  let controller: LeanAbortController | null = null;
  let info: TransportInfo | null = null;
  let open = 0;
  const settle = () => {
    open -= 1;
  };
  return {
    /** Made when a call is the run's own: where calls are shared none is. */
    info(): TransportInfo {
      controller ??= new LeanAbortController();
      info ??= { ...client, signal: controller.signal };
      return info;
    },
    track(answer: Promise<TransportAnswer>): Promise<TransportAnswer> {
      open += 1;
      answer.then(settle, settle);
      return answer;
    },
    end() {
      if (open > 0) controller?.abort();
    },
  };
}

export function missingTransport(subgraph: string): TypeError {
  return new TypeError(`no transport to the subgraph ${subgraph}`);
}

import type { Clock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import type { Random } from '@playgraph/kernel/random';
import type { OperationTypeNode } from 'graphql';
import type { BreakerLimits, BreakerState } from './circuit-breaker.ts';
import type { SocketOptions } from './socket-transport.ts';
import type { TransportInfo } from './transport.ts';

/** Where a subgraph is, and how to talk to it. Every limit has a default that is safe. */
export type HttpTransportOptions = {
  /** The subgraph's name, for messages and logs. */
  readonly name: string;
  /** Its GraphQL endpoint; subscriptions use the same address over WebSocket. */
  readonly url: string;
  /** Signs who is asking; null for a subgraph that is not told. */
  readonly identitySecret: string | null;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Spreads retries over time; the machine's when absent. */
  readonly random?: Random;
  /** For a whole call, retries and waiting for a connection included: SUBGRAPH_DEADLINE_MS when absent. */
  readonly deadlineMs?: number;
  /** Of a query that met no answer; a mutation is sent once. RETRIES_MAX when absent. */
  readonly retriesMax?: number;
  /** CONNECTIONS_MAX when absent. */
  readonly connectionsMax?: number;
  /** Requests that may wait for a connection; the next ones are refused at once. QUEUE_MAX when absent. */
  readonly queueMax?: number;
  /** The largest answer, and the largest event, that is read; RESPONSE_BYTES_MAX, and MESSAGE_BYTES_MAX, when absent. */
  readonly responseBytesMax?: number;
  /** Whether operations of one turn travel as one body (batch-format.ts), for a subgraph that knows how; no when absent. */
  readonly batching?: boolean;
  /** When the circuit breaker opens; null for none. BREAKER_* when absent. */
  readonly breaker?: BreakerLimits | null;
  /** Told of each change of the circuit breaker. */
  readonly onStateChange?: (event: BreakerEvent) => void;
  /** Told of each call's end, and of what it was made with; costs nothing when absent. */
  readonly onCall?: (event: CallEvent, info: TransportInfo) => void;
  /** Told of each answer with GraphQL errors, when it is first read. */
  readonly onErrors?: () => void;
  /** Where its graphql-ws endpoint is, as an http(s) address; at `url` when absent. */
  readonly subscriptionUrl?: string;
} & Pick<
  SocketOptions,
  | 'subscriptionRetriesMax'
  | 'resumeRules'
  | 'socketIdleMs'
  | 'socketsMax'
  | 'observer'
  | 'callersBy'
  | 'connectionParams'
>;

/** A change of a subgraph's circuit breaker. */
export type BreakerEvent = { readonly subgraph: string; readonly from: BreakerState; readonly to: BreakerState };

/** One call as it ended. */
export type CallEvent = {
  readonly subgraph: string;
  readonly operationType: OperationTypeNode;
  /** Waiting and retries included. */
  readonly durationMs: number;
  /** OK is any GraphQL response, be it one with errors: nobody has looked into it yet. */
  readonly outcome: 'OK' | 'UNAVAILABLE' | 'DEADLINE_EXCEEDED' | 'ABORTED' | 'REJECTED_BY_BREAKER';
  readonly retries: number;
  /** The size of the answer's body; 0 when there is none. */
  readonly bytes: number;
};

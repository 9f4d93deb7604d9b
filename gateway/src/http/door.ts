import type { Clock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import type { ClientInfo, ClientRequest } from '../client-request.ts';
import type { Gateway } from '../gateway.ts';
import type { PreparedOperation } from '../operations/prepare-operation.ts';
import type { Tracer } from '../telemetry/tracer.ts';
import type { OnRequest } from './access-log.ts';
import type { Admission, DoorObserver } from './admission.ts';
import type { Connections } from './connections.ts';
import type { Cors } from './cors.ts';
import type { RequestInfoDeps } from './request-info.ts';
import type { StreamHub } from './stream-hub.ts';

export type GraphqlDoorDeps = RequestInfoDeps & {
  readonly gateway: Gateway;
  readonly corsOrigins: '*' | readonly string[];
  readonly streams: StreamHub;
  readonly admission: Admission;
  readonly connections: Connections;
  readonly observer: DoorObserver;
  readonly bodyBytesMax: number;
  /** How many operations a body may hold as a list; 0 where batching is off. */
  readonly batchMax: number;
  /** Whether `@defer` is delivered in parts. */
  readonly isDeferOn: boolean;
  readonly isCompressionOn: boolean;
  readonly onRequest: OnRequest | undefined;
  /** Null where nothing is traced. */
  readonly tracer: Tracer | null;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** The deps and what is worked out from them once. */
export type Door = GraphqlDoorDeps & {
  readonly cors: Cors;
  /** Headers of every answer, as name, value, name, value. */
  readonly baseHeaders: readonly string[];
};

/** An operation that may run, with all that running it takes. */
export type RunnableOperation = {
  readonly operation: PreparedOperation;
  readonly request: ClientRequest;
  readonly client: ClientInfo;
};

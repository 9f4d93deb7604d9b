import type { IncomingMessage } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';
import type { ClientInfo, PrintedAnswer } from '../client-request.ts';
import {
  codesInLog,
  type OnSocketOperation,
  type SocketEnd,
  type SocketEntry,
  userAgentOf,
} from '../http/access-log.ts';
import { GRAPHQL_PATH } from '../http/address.ts';
import type { PreparedOperation } from '../operations/prepare-operation.ts';
import { errorCodesOf } from '../telemetry/error-codes.ts';
import type { Closing } from './messages.ts';

/** Follows one operation of a socket, for the line that is written at its end. */
export type OperationLog = {
  traced(traceId: string): void;
  prepared(operation: PreparedOperation): void;
  /** The answer to a query or mutation. */
  answered(answer: PrintedAnswer): void;
  /** An answer or event of so many bytes goes out. */
  sent(bytes: number): void;
  /** The last word is an error: nothing ran, or the stream is over. */
  failed(errors: readonly GraphQLFormattedError[], bytes: number): void;
  /** Writes the line; only the first call does anything. */
  ended(how: SocketEnd, closing?: Closing): void;
};

export type LoggedOperation = {
  readonly onOperation: OnSocketOperation;
  /** The upgrade. */
  readonly request: IncomingMessage;
  readonly client: Pick<ClientInfo, 'identity' | 'correlationId'>;
};

/** Begins with the operation. */
export function openOperationLog({ onOperation, request, client }: LoggedOperation): OperationLog {
  const startedMs = performance.now();
  let operation: PreparedOperation | null = null;
  let outcome: SocketEntry['outcome'] = null;
  let codes: readonly unknown[] = [];
  let traceId: string | null = null;
  let [events, bytes] = [0, 0];
  let isOver = false;
  const describe = (ended: SocketEnd, closing: Closing | undefined): SocketEntry => ({
    method: 'WEBSOCKET',
    path: GRAPHQL_PATH,
    status: null,
    durationMs: performance.now() - startedMs,
    bytes,
    operationName: operation?.name ?? null,
    operationId: operation?.id ?? null,
    operationType: operation?.definition.operation ?? null,
    outcome,
    errorCodes: codesInLog(codes),
    events,
    ended,
    closeCode: closing?.code ?? null,
    closeReason: closing?.reason || null,
    userId: client.identity?.userId ?? null,
    correlationId: client.correlationId,
    traceId,
    userAgent: userAgentOf(request),
  });
  return {
    traced(id) {
      traceId = id;
    },
    prepared(prepared) {
      operation = prepared;
    },
    answered(answer) {
      outcome = answer.outcome;
      codes = errorCodesOf(answer);
    },
    sent(length) {
      events += 1;
      bytes += length;
    },
    failed(errors, length) {
      if (events === 0) outcome = 'REFUSED';
      codes = errors.map(({ extensions }) => extensions?.code);
      bytes += length;
    },
    ended(how, closing) {
      if (isOver) return;
      isOver = true;
      onOperation(describe(how, closing));
    },
  };
}

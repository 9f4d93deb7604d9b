import type { TransportAnswer, TransportRequest } from '@playgraph/server/transport';
import { type DocumentNode, type OperationTypeNode, parse } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { PrintedAnswer } from '../client-request.ts';

/** What all remembered executions may hold when nobody says otherwise. */
export const MEMORY_BYTES_MAX = 64 * 1024 * 1024;
/** A larger execution is not remembered. */
export const EXECUTION_BYTES_MAX = 4 * 1024 * 1024;
export const EXECUTIONS_MAX = 20_000;
const ENTRY_OVERHEAD_BYTES = 500;
const CALL_OVERHEAD_BYTES = 300;
/** What a JavaScript string may take. */
const BYTES_PER_CHAR = 2;
/** What parsed JSON takes on the heap, roughly. */
const HEAP_BYTES_PER_JSON_BYTE = 3;

/** A request and what came back when it was last sent. */
export type RememberedCall = {
  readonly subgraph: string;
  readonly request: TransportRequest;
  /** The executor's note of what it asks for; undefined when it made none. */
  readonly purpose: unknown;
  readonly bytes: Buffer;
  readonly cacheControl: string | null;
  /** The same bytes, parsed; null until they have come twice, so that what changes every time is not kept parsed. */
  readonly answer: TransportAnswer | null;
};

/** What an execution sent, in the order in which it asked, and what it came to. */
export type RememberedExecution = {
  readonly calls: readonly RememberedCall[];
  /** What equal answers to `calls` come to; null when it takes more than these, or when it shall not be repeated. */
  readonly output: PrintedAnswer | null;
  /** How many executions in a row met other answers than the one before. */
  changes: number;
};

/** The last execution by key. The least recently used go first. */
export type ExecutionMemory = {
  find(key: string): RememberedExecution | undefined;
  /** Remembers `execution` in the place of an older one; one that is too large leaves the older one in place. */
  keep(key: string, execution: RememberedExecution): void;
  clear(): void;
  size(): { readonly executions: number; readonly bytes: number };
};

export type ExecutionMemoryLimits = {
  readonly bytesMax?: number;
  readonly executionBytesMax?: number;
  readonly executionsMax?: number;
};

export function createExecutionMemory(limits: ExecutionMemoryLimits = {}): ExecutionMemory {
  const bytesMax = limits.bytesMax ?? MEMORY_BYTES_MAX;
  const executionBytesMax = Math.min(bytesMax, limits.executionBytesMax ?? EXECUTION_BYTES_MAX);
  const executions = new LRUCache<string, RememberedExecution>({
    max: limits.executionsMax ?? EXECUTIONS_MAX,
    maxSize: bytesMax,
  });
  return {
    find: (key) => executions.get(key),
    keep(key, execution) {
      const size = sizeOf(key, execution);
      if (size <= executionBytesMax) executions.set(key, execution, { size });
    },
    clear: () => executions.clear(),
    size: () => ({ executions: executions.size, bytes: executions.calculatedSize }),
  };
}

/** A request that holds its body and nothing that the body was made of. */
export function toRememberedRequest(request: TransportRequest): TransportRequest {
  return new RememberedRequest(request);
}

/** A class and no literal with getters, since one is made for each request: ADR 11. */
class RememberedRequest implements TransportRequest {
  readonly body: string;
  readonly operationName: string | undefined;
  readonly operationType: OperationTypeNode;
  readonly readsExactly: boolean;

  constructor({ body, operationName, operationType, readsExactly = false }: TransportRequest) {
    this.body = body;
    this.operationName = operationName;
    this.operationType = operationType;
    this.readsExactly = readsExactly;
  }

  get query(): string {
    return JSON.parse(this.body).query;
  }

  get variables(): Readonly<Record<string, unknown>> {
    return JSON.parse(this.body).variables ?? {};
  }

  get document(): DocumentNode {
    return parse(this.query);
  }
}

/** The same bytes in memory of their own: a slice would keep the whole of what it was cut from. */
export function toOwnBytes(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength === bytes.byteLength) return bytes;
  const own = Buffer.allocUnsafeSlow(bytes.byteLength);
  bytes.copy(own);
  return own;
}

function sizeOf(key: string, { calls, output }: RememberedExecution): number {
  let size = ENTRY_OVERHEAD_BYTES + key.length * BYTES_PER_CHAR + (output?.body.byteLength ?? 0);
  for (const { request, purpose, bytes, answer } of calls) {
    size += CALL_OVERHEAD_BYTES + request.body.length * BYTES_PER_CHAR + bytes.byteLength;
    // A note of what is asked for is no larger than the asking.
    if (purpose !== undefined) size += request.body.length * BYTES_PER_CHAR;
    if (answer) size += bytes.byteLength * HEAP_BYTES_PER_JSON_BYTE;
  }
  return size;
}

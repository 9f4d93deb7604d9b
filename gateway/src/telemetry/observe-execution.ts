import type { RunResult } from '../calls/call-runner.ts';
import type { ClientInfo } from '../client-request.ts';
import type { PreparedOperation } from '../operations/prepare-operation.ts';
import type { Watchers } from './watchers.ts';

/** What is made of an operation: how many fetches its plan has. */
type Planned = { readonly fetchCount: number };

/** Hears of what happens within an execution. */
export type ExecutionObserver = {
  /** Gives what `compile` gives, or throws what it throws. `isKept`: it was compiled before. */
  compile<Compiled extends Planned | null>(
    asked: { readonly operation: PreparedOperation; readonly client: ClientInfo; readonly isKept: boolean },
    compile: () => Compiled,
  ): Compiled;
  /** A run has ended, for each client that waited for it. */
  onRun(operation: PreparedOperation, result: Pick<RunResult, 'how' | 'calls'>): void;
};

export function createExecutionObserver({ metrics, tracer }: Watchers): ExecutionObserver {
  return {
    compile({ client, isKept }, compile) {
      if (isKept) {
        metrics?.plans.onHit();
        return compile();
      }
      const span = tracer?.startStep('plan', client.headers);
      const startMs = performance.now();
      let fetches: number | null = null;
      try {
        const compiled = compile();
        fetches = compiled?.fetchCount ?? 0;
        return compiled;
      } finally {
        metrics?.plans.onPlanned({ durationMs: performance.now() - startMs, fetches });
        span?.end(fetches === null ? 'ERROR' : 'OK');
      }
    },
    onRun: (operation, result) => metrics?.operations.onRun(operation, result),
  };
}

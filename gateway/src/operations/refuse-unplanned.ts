import type { Logger } from '@playgraph/kernel/logger';
import type { Refusal } from '../client-request.ts';
import { PlanningError, type PlanningErrorCode } from '../execution/planning-error.ts';
import type { PreparedOperation } from './prepare-operation.ts';

/** No plan is the server's fault, since the operation is valid; a plan that is too costly to find is the client's. */
const STATUS_OF: Readonly<Record<PlanningErrorCode, number>> = {
  QUERY_PLANNING_FAILED: 500,
  QUERY_PLAN_COMPLEXITY_EXCEEDED: 400,
};

/**
 * The refusal of an operation that cannot be planned; null for any other error. What the planner says goes to the log,
 * once for each error: one that is remembered for its operation is told of the first request alone.
 */
export function refuseUnplanned(
  error: unknown,
  asked: { readonly operation: PreparedOperation; readonly correlationId: string; readonly logger: Logger },
): Refusal | null {
  if (!(error instanceof PlanningError)) return null;
  const { message, code } = error;
  const { correlationId } = asked;
  logOnce(error, asked);
  return { errors: [{ message, extensions: { code, correlationId } }], status: STATUS_OF[code] };
}

const logged = new WeakSet<PlanningError>();

function logOnce(
  error: PlanningError,
  {
    operation,
    correlationId,
    logger,
  }: { readonly operation: PreparedOperation; readonly correlationId: string; readonly logger: Logger },
): void {
  if (logged.has(error)) return;
  logged.add(error);
  const { code, cause } = error;
  const { id: operationId, name: operationName } = operation;
  logger.error({ err: cause, code, operationId, operationName, correlationId }, 'an operation cannot be planned');
}

import type { Logger } from '@playgraph/kernel/logger';
import { maskError } from '@playgraph/server/mask-error';
import type { ClientInfo, Refusal } from '../client-request.ts';
import type { PreparedOperation } from '../operations/prepare-operation.ts';
import type { ProtectedOperation } from './protect-operation.ts';

/** A version of the graph, as far as admission goes. */
type Guarded = {
  readonly catalogue: { prepare(text: string, operationName: string | undefined): PreparedOperation | Refusal };
  protect(operation: PreparedOperation): ProtectedOperation;
};

type Asked = {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly client: ClientInfo;
  readonly logger: Logger;
};

/**
 * The operation as this client may run it with these variables; a refusal when it may not at all. What fails in a policy
 * evaluator refuses the request as an internal error.
 */
export async function admit(
  graph: Guarded,
  operation: PreparedOperation,
  { variables, client, logger }: Asked,
): Promise<PreparedOperation | Refusal> {
  try {
    const admission = await graph.protect(operation).admit(variables, client);
    if ('errors' in admission) return admission;
    const { denied, cost } = admission;
    if (client.isMetered && !denied) return { ...operation, cost };
    return denied ? { ...operation, id: `${operation.id}:${denied.key}`, denied, cost } : operation;
  } catch (error) {
    return { errors: [maskError(error, { logger, correlationId: client.correlationId })], status: 500 };
  }
}

/**
 * The operation of a running stream on a newer graph. Where other fields are guarded than before, the stream's rights have
 * to be looked at anew: it ends, and whoever wants it subscribes again.
 */
export function prepareAgain(
  operation: PreparedOperation,
  { from, to }: { readonly from: Guarded | null; readonly to: Guarded },
): PreparedOperation | Refusal {
  const again = to.catalogue.prepare(operation.text, operation.name ?? undefined);
  if ('errors' in again) return again;
  const before = from?.catalogue.prepare(operation.text, operation.name ?? undefined);
  const isSame = from && before && !('errors' in before) && guardsOf(from, before) === guardsOf(to, again);
  return isSame && !operation.denied ? again : GUARDS_CHANGED;
}

const GUARDS_CHANGED: Refusal = {
  errors: [{ message: 'The rules of access have changed.', extensions: { code: 'FORBIDDEN' } }],
  status: 403,
};

function guardsOf(graph: Guarded, operation: PreparedOperation): string {
  return JSON.stringify(graph.protect(operation).access.guards);
}

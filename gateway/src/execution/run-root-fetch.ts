import type { TransportResponse } from '@playgraph/server/transport';
import { createFetchRequest, type FetchOperation, firstKeyOf } from './fetch-operation.ts';
import { mergeInto } from './merge.ts';
import type { EntityFetch, Run } from './run.ts';
import { pathOf } from './subgraph-problem.ts';
import { isObject, type JsonObject } from './view.ts';

/** A fetch of fields of the root. */
export type RootFetch = Pick<EntityFetch, 'operation' | 'rewrite' | 'next'>;

/** Asks for root fields, and merges them into the root of the response. */
export async function runRootFetch(run: Run, { operation, rewrite, next }: RootFetch): Promise<void> {
  run.joining?.begin(next);
  try {
    const answer = await run.call(operation.subgraph, createFetchRequest(operation, run.variables, ''));
    const { data, errors } = answer.read();
    run.cache?.note(errors?.length ? null : answer.cacheControl);
    noteRootErrors(run, operation, errors);
    if (isObject(data)) mergeRoot(run, data, rewrite);
  } catch (error) {
    run.abort(error);
  }
  run.joining?.end(next);
}

function mergeRoot(run: Run, data: JsonObject, rewrite: EntityFetch['rewrite']): void {
  const own = run.isPrivate ? structuredClone(data) : data;
  rewrite?.(own);
  mergeInto(run.root, own);
}

/** Notes what went wrong in a fetch of root fields. */
export function noteRootErrors(run: Run, operation: FetchOperation, errors: TransportResponse['errors']): void {
  const firstKey = firstKeyOf(operation);
  for (const error of errors ?? []) {
    const path = pathOf(error) ?? (firstKey === undefined ? undefined : [firstKey]);
    run.problems.push({ subgraph: operation.subgraph, error, path });
  }
}

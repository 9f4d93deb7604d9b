import type { TransportResponse } from '@playgraph/server/transport';
import type { CacheableRoot } from '../cache/root-parts.ts';
import { createFetchRequest, type FetchOperation, printVariables, rootKeysOf } from './fetch-operation.ts';
import { copyJson, mergeInto } from './merge.ts';
import { noteText } from './plain-text.ts';
import type { EntityFetch, LoadPurpose, Run } from './run.ts';
import { pathOf } from './subgraph-problem.ts';
import { isObject, type JsonObject } from './view.ts';

/** A fetch of fields of the root. */
export type RootFetch = Pick<EntityFetch, 'operation' | 'rewrite' | 'next'>;

/** Asks for root fields, and merges them into the root of the response. */
export async function runRootFetch(run: Run, { operation, rewrite, next }: RootFetch): Promise<void> {
  run.joining?.begin(next);
  try {
    const { data, errors } = await askRoot(run, operation);
    noteRootErrors(run, operation, errors);
    if (isObject(data)) mergeRoot(run, data, rewrite);
  } catch (error) {
    run.abort(error);
  }
  run.joining?.end(next);
}

/** What root fields bring: from the cache where it is kept, else from the subgraph. */
export async function askRoot(run: Run, operation: FetchOperation): Promise<TransportResponse> {
  if (!run.cache) {
    const answer = await callRoot(run, operation);
    noteText(run, answer);
    return answer.read();
  }
  const root = new RootOfRun(run, operation);
  const read = run.cache.readRoot(root);
  const kept = read && (await read);
  if (kept) {
    noteText(run, null);
    return { data: kept.entity };
  }
  const purpose = run.cache.mayKeepRoot(root) ? NO_ENTITIES : undefined;
  const answer = await callRoot(run, operation, purpose);
  noteText(run, answer);
  const response = answer.read();
  const { data, errors } = response;
  if (errors?.length || !isObject(data)) run.cache.note(null);
  else run.cache.writeRoot(root, data, answer.cacheControl);
  return response;
}

/** What a request for root fields is for: it brings no entity, and may come out of the cache the next time. */
const NO_ENTITIES: LoadPurpose = [];

function callRoot(run: Run, operation: FetchOperation, purpose?: LoadPurpose) {
  return run.call(operation.subgraph, createFetchRequest(operation, run.variables, ''), purpose);
}

/** A class and no literal with getters, since one is made for each request: ADR 11. */
class RootOfRun implements CacheableRoot {
  readonly ask: FetchOperation;
  readonly #run: Run;

  constructor(run: Run, operation: FetchOperation) {
    this.ask = operation;
    this.#run = run;
  }

  get variablesText(): string {
    return printVariables(this.ask, this.#run.variables);
  }
}

function mergeRoot(run: Run, data: JsonObject, rewrite: EntityFetch['rewrite']): void {
  const own = run.isPrivate ? copyJson(data) : data;
  rewrite?.(own);
  mergeInto(run.root, own);
}

/** Notes what went wrong in a fetch of root fields. */
function noteRootErrors(run: Run, operation: FetchOperation, errors: TransportResponse['errors']): void {
  if (!errors?.length) return;
  const { subgraph, definition } = operation;
  const { selectionSet } = definition;
  const rootKeys = rootKeysOf(selectionSet);
  for (const error of errors) run.problems.push({ subgraph, error, path: pathOf(error), rootKeys, selectionSet });
}

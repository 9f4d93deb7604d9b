import type { TransportAnswer } from '@playgraph/server/transport';
import type { GraphQLFormattedError } from 'graphql';
import { cleanEntities } from '../cache/clean-entities.ts';
import type { CacheableLoad, EntityCacheSession } from '../cache/entity-session.ts';
import { createFetchRequest, printVariables } from './fetch-operation.ts';
import { joinedOperation } from './joined-operation.ts';
import type {
  EntityFetch,
  EntityKey,
  ForeseenLoad,
  LoaderState,
  LoadPurpose,
  PendingLoad,
  RecordTable,
  Run,
} from './run.ts';
import { pathOf } from './subgraph-problem.ts';
import { isObject, type JsonObject } from './view.ts';

/** The records of `keys` for `fetch`: what is not known yet is asked for, together with what others ask in this turn. */
export async function loadEntities(run: Run, fetch: EntityFetch, keys: ReadonlySet<EntityKey>): Promise<RecordTable> {
  const state = stateOf(run, fetch);
  const waits = new Set<Promise<void>>();
  for (const key of keys) {
    if (!state.records.has(key)) waits.add(state.pending.get(key) ?? request(run, fetch, key));
  }
  for (const wait of waits) await wait;
  const table = new Map<EntityKey, JsonObject | null>();
  for (const key of keys) table.set(key, state.records.get(key) ?? null);
  return table;
}

function stateOf(run: Run, fetch: EntityFetch): LoaderState {
  const known = run.loaders[fetch.loader];
  if (known) return known;
  const state: LoaderState = {
    fetch,
    records: new Map(),
    pending: new Map(),
    problems: [],
  };
  run.loaders[fetch.loader] = state;
  return state;
}

/** Resolves when the entity is there: it is on its way already, or leaves with this turn's other loads. */
function request(run: Run, fetch: EntityFetch, key: EntityKey): Promise<void> {
  const foreseen = run.foreseen?.find(fetch.loader, key);
  if (foreseen) return claim(run, fetch, foreseen);
  const context = run.contexts.get(key);
  const load = loadOfTurn(run, fetch, context?.variables);
  load.keys.push(key);
  load.texts.push(context?.text ?? fetch.representation.textOf(key));
  for (const subgraph of fetch.next) load.next.add(subgraph);
  load.state.pending.set(key, load.done);
  return load.done;
}

/** The load of this turn for the fetch's loader, begun when there is none. */
function loadOfTurn(run: Run, fetch: EntityFetch, variables: PendingLoad['variables']): PendingLoad {
  const state = stateOf(run, fetch);
  const { subgraph } = fetch.operation;
  const queued = run.queue.get(subgraph) ?? [];
  const same = queued.find((load) => load.state === state && isEqualContext(load.variables, variables));
  if (same) return same;
  let settle = (): void => undefined;
  const done = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const load: PendingLoad = {
    fetch,
    keys: [],
    texts: [],
    state,
    variables,
    next: new Set(),
    done,
    settle,
  };
  if (run.joining) run.joining.schedule(() => flush(run));
  else if (run.queue.size === 0) queueMicrotask(() => flush(run));
  queued.push(load);
  run.queue.set(subgraph, queued);
  return load;
}

function isEqualContext(left: PendingLoad['variables'], right: PendingLoad['variables']): boolean {
  return left === right || (left !== undefined && JSON.stringify(left) === JSON.stringify(right));
}

/** Everything that was asked for in this turn leaves now: one request a subgraph. */
function flush(run: Run): void {
  for (const [subgraph, loads] of [...run.queue]) {
    if (run.joining?.holds(subgraph)) continue;
    run.queue.delete(subgraph);
    const together = loads.filter(({ variables }) => variables === undefined);
    if (together.length > 0) void send(run, together);
    for (const load of loads) if (load.variables !== undefined) void send(run, [load]);
  }
}

async function send(run: Run, loads: readonly PendingLoad[]): Promise<void> {
  const next = new Set(loads.flatMap((load) => [...load.next]));
  run.joining?.begin(next);
  try {
    const reads = run.cache && loads.map((load) => run.cache?.read(toCacheable(run, load)) ?? null);
    // Where nothing is kept nobody waits.
    const isLookedUp = reads?.some((read) => read !== null) ?? false;
    const missing = reads && isLookedUp ? await takeKept(loads, reads) : loads;
    if (missing.length > 0) {
      const answer = await ask(run, missing, !isLookedUp);
      if (run.cache) keep(run, run.cache, { answer, loads: missing });
      take(run, answer, missing);
    }
  } catch (error) {
    run.abort(error);
  }
  for (const { keys, state, settle } of loads) {
    finish(state, keys);
    settle();
  }
  run.joining?.end(next);
}

/** Takes what is kept; gives the loads without it. */
async function takeKept(
  loads: readonly PendingLoad[],
  reads: readonly ReturnType<EntityCacheSession['read']>[],
): Promise<readonly PendingLoad[]> {
  const missing: PendingLoad[] = [];
  for (const [i, load] of loads.entries()) {
    const found = await reads[i];
    const { keys, texts, state } = load;
    keys.forEach((key, at) => {
      const kept = found?.[at];
      if (!kept) return;
      state.fetch.rewrite?.([kept.entity]);
      if (!state.records.has(key)) state.records.set(key, kept.entity);
    });
    const isMissing = (_: unknown, at: number) => !found?.[at];
    const left = found
      ? {
          ...load,
          keys: keys.filter(isMissing),
          texts: texts.filter(isMissing),
        }
      : load;
    if (left.keys.length > 0) missing.push(left);
  }
  return missing;
}

/** Hands an answer to the cache as it came, before anything is rewritten. */
function keep(
  run: Run,
  cache: EntityCacheSession,
  {
    answer,
    loads,
  }: {
    readonly answer: TransportAnswer;
    readonly loads: readonly PendingLoad[];
  },
): void {
  const response = answer.read();
  loads.forEach((load, i) => {
    const entities = cleanEntities(response, loads.length > 1 ? `_${i}` : '_entities', load.texts);
    cache.write(toCacheable(run, load), entities, answer.cacheControl);
  });
  if (response.errors?.length) cache.note(null);
}

function toCacheable(run: Run, { fetch: { operation, selection }, texts, variables }: PendingLoad): CacheableLoad {
  const values = variables ? { ...run.variables, ...variables } : run.variables;
  const { subgraph } = operation;
  return {
    subgraph,
    selectionText: selection?.selectionText ?? '',
    variablesText: printVariables(operation, values),
    texts,
  };
}

function ask(run: Run, loads: readonly PendingLoad[], isForeseeable: boolean): Promise<TransportAnswer> {
  const [first, ...others] = loads;
  if (!first) throw new TypeError('nothing to ask for');
  const operation = others.length > 0 ? joinedOperation(loads.map(({ fetch }) => fetch)) : first.fetch.operation;
  const entities =
    others.length > 0
      ? loads.map(({ texts }, i) => `"representations_${i}":[${texts.join(',')}]`).join(',')
      : `"representations":[${first.texts.join(',')}]`;
  const purpose: LoadPurpose = loads.map(({ fetch: { loader }, keys }) => ({
    loader,
    keys,
  }));
  const values = first.variables ? { ...run.variables, ...first.variables } : run.variables;
  return run.call(operation.subgraph, createFetchRequest(operation, values, entities), purpose, isForeseeable);
}

/** Takes what a request brings that the last execution of this operation sent, and this one sent ahead. */
function claim(run: Run, fetch: EntityFetch, { call, purpose }: ForeseenLoad): Promise<void> {
  const loads = purpose.map(({ loader, keys }) => ({
    keys,
    state: run.loaders[loader] ?? stateOfLoader(run, fetch, loader),
  }));
  const work = async (): Promise<void> => {
    try {
      const answer = await call.claim();
      // Sent before anything was looked up: it may be told, not kept.
      run.cache?.note(answer.read().errors?.length ? null : answer.cacheControl);
      take(run, answer, loads);
    } catch (error) {
      run.abort(error);
    }
    for (const { keys, state } of loads) finish(state, keys);
  };
  const done = work();
  for (const { keys, state } of loads) {
    for (const key of keys) if (!state.records.has(key) && !state.pending.has(key)) state.pending.set(key, done);
  }
  return done;
}

/** The state of another loader in the same request; some fetch of it stands for all. */
function stateOfLoader(run: Run, fetch: EntityFetch, loader: number): LoaderState {
  return stateOf(run, loader === fetch.loader ? fetch : (run.fetchOf(loader) ?? fetch));
}

const NOT_ENTITIES: GraphQLFormattedError = {
  message: 'The subgraph did not answer with the entities that it was asked for.',
  extensions: { code: 'UNAVAILABLE' },
};

type Asked = {
  readonly keys: readonly EntityKey[];
  readonly state: LoaderState;
};

/** Keeps what an answer brings, and gives its errors to the entities that they are about. */
function take(run: Run, answer: TransportAnswer, loads: readonly Asked[]): void {
  const { data, errors } = answer.read();
  const isJoined = loads.length > 1;
  loads.forEach((load, i) => {
    const isWhole = store(run, load, data?.[isJoined ? `_${i}` : '_entities']);
    if (isWhole || errors?.length) return;
    const { keys, state } = load;
    state.problems.push({
      subgraph: state.fetch.operation.subgraph,
      error: NOT_ENTITIES,
      keys,
      path: undefined,
    });
  });
  for (const error of errors ?? []) placeError(error, loads);
}

/** Keeps entities; false when they are not what was asked for: an object or null for every key. */
function store(run: Run, { keys, state }: Asked, answered: unknown): boolean {
  if (!Array.isArray(answered)) return false;
  const entities: unknown[] = run.isPrivate ? structuredClone(answered) : answered;
  state.fetch.rewrite?.(entities);
  let isWhole = true;
  keys.forEach((key, i) => {
    const entity = entities[i];
    isWhole &&= entity === null || isObject(entity);
    if (!state.records.has(key)) state.records.set(key, isObject(entity) ? entity : null);
  });
  return isWhole;
}

function finish(state: LoaderState, keys: readonly EntityKey[]): void {
  for (const key of keys) {
    state.pending.delete(key);
    if (!state.records.has(key)) state.records.set(key, null);
  }
}

/** Gives an error to the entity that its path names, or to all of its load; one without a path to the first load. */
function placeError(error: GraphQLFormattedError, loads: readonly Asked[]): void {
  const [field, index, ...path] = pathOf(error) ?? [];
  const named = loads.length === 1 ? loads : loads.filter((_load, i) => field === `_${i}`);
  for (const { keys, state } of named.length > 0 ? named : loads.slice(0, 1)) {
    const key = typeof index === 'number' ? keys[index] : undefined;
    const { subgraph } = state.fetch.operation;
    state.problems.push(
      key === undefined ? { subgraph, error, keys, path: undefined } : { subgraph, error, keys: [key], path },
    );
  }
}

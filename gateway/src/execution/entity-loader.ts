import type { TransportAnswer } from '@playgraph/server/transport';
import { cleanEntities } from '../cache/clean-entities.ts';
import type { CacheableLoad } from '../cache/entity-parts.ts';
import type { EntityCacheSession } from '../cache/entity-session.ts';
import { createFetchRequest, printVariables } from './fetch-operation.ts';
import { joinedOperation } from './joined-operation.ts';
import { noteText } from './plain-text.ts';
import { printDeep } from './print-deep.ts';
import type {
  EntityFetch,
  EntityKey,
  ForeseenLoad,
  LoaderState,
  LoadPurpose,
  PendingLoad,
  RecordTable,
  Run,
  Wanted,
} from './run.ts';
import { takeEntities } from './take-entities.ts';
import type { JsonObject } from './view.ts';

/** The records of what `fetch` wants: what is not known yet is asked for, together with what others ask in this turn. */
export async function loadEntities(run: Run, fetch: EntityFetch, { keys, tableKeys }: Wanted): Promise<RecordTable> {
  const { records, pending } = stateOf(run, fetch);
  const waits: Promise<void>[] = [];
  for (const key of keys) {
    if (records.has(key)) continue;
    const wait = pending.get(key) ?? request(run, fetch, key);
    // Most wait for the same.
    if (waits.at(-1) !== wait) waits.push(wait);
  }
  for (const wait of waits) await wait;
  const table = new Map<EntityKey, JsonObject | null>();
  keys.forEach((key, i) => {
    table.set(tableKeys[i] ?? key, records.get(key) ?? null);
  });
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
  if (load.next) for (const subgraph of fetch.next) load.next.add(subgraph);
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
    next: run.joining ? new Set() : null,
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
  return left === right || (left !== undefined && printDeep(left) === printDeep(right));
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
  const next = run.joining && new Set(loads.flatMap((load) => [...(load.next ?? [])]));
  if (next) run.joining?.begin(next);
  try {
    const reads = run.cache && loads.map((load) => run.cache?.read(new LoadOfRun(run, load)) ?? null);
    // Where nothing is kept nobody waits.
    const isLookedUp = reads?.some((read) => read !== null) ?? false;
    if (isLookedUp) noteText(run, null);
    const missing = reads && isLookedUp ? await takeKept(loads, reads) : loads;
    if (missing.length > 0) {
      // What was found in part asks for other entities each time.
      const answer = await ask(run, missing, countKeys(missing) === countKeys(loads));
      if (run.cache) keep(run, run.cache, { answer, loads: missing });
      takeEntities(run, answer, missing);
    }
  } catch (error) {
    run.abort(error);
  }
  for (const { keys, state, settle } of loads) {
    finish(state, keys);
    settle();
  }
  if (next) run.joining?.end(next);
}

function countKeys(loads: readonly PendingLoad[]): number {
  return loads.reduce((sum, { keys }) => sum + keys.length, 0);
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
    const field = loads.length > 1 ? `_${i}` : '_entities';
    cache.write(new LoadOfRun(run, load), () => cleanEntities(response, field, load.texts), answer.cacheControl);
  });
  if (response.errors?.length) cache.note(null);
}

/** A class and no literal with getters, since one is made for each request: ADR 11. */
class LoadOfRun implements CacheableLoad {
  readonly subgraph: string;
  readonly selectionText: string;
  readonly texts: readonly string[];
  readonly #run: Run;
  readonly #load: PendingLoad;

  constructor(run: Run, load: PendingLoad) {
    const { operation, selection } = load.fetch;
    this.subgraph = operation.subgraph;
    this.selectionText = selection?.selectionText ?? '';
    this.texts = load.texts;
    this.#run = run;
    this.#load = load;
  }

  get variablesText(): string {
    const { fetch, variables } = this.#load;
    return printVariables(fetch.operation, variables ? { ...this.#run.variables, ...variables } : this.#run.variables);
  }
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
      takeEntities(run, answer, loads);
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

function finish(state: LoaderState, keys: readonly EntityKey[]): void {
  for (const key of keys) if (!state.records.has(key)) state.records.set(key, null);
}

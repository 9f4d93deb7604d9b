import type { TransportAnswer } from '@playgraph/server/transport';
import type { GraphQLFormattedError } from 'graphql';
import { copyJson } from './merge.ts';
import { noteText } from './plain-text.ts';
import type { EntityKey, EntityProblem, LoaderState, Run } from './run.ts';
import { pathOf } from './subgraph-problem.ts';
import { isObject } from './view.ts';

const NOT_ENTITIES: GraphQLFormattedError = {
  message: 'The subgraph did not answer with the entities that it was asked for.',
  extensions: { code: 'UNAVAILABLE' },
};

/** What a request asks for one loader. */
export type Asked = {
  readonly keys: readonly EntityKey[];
  readonly state: LoaderState;
};

/** Keeps what an answer brings, and gives its errors to the entities that they are about. */
export function takeEntities(run: Run, answer: TransportAnswer, loads: readonly Asked[]): void {
  const { data, errors } = answer.read();
  noteText(run, answer);
  const isJoined = loads.length > 1;
  const answered = loads.map((_load, i) => data?.[isJoined ? `_${i}` : '_entities']);
  const lost = loads.map((load, i) => store(run, load, answered[i]));
  for (const error of errors ?? []) placeError(error, { loads, answered });
  loads.forEach(({ state }, i) => {
    const missing = lost[i] ?? [];
    if (missing.length === 0) return;
    const told = new Set(errors?.length ? state.problems.flatMap(({ keys }) => keys) : []);
    const untold = missing.filter((key) => !told.has(key));
    if (untold.length > 0) pushProblem(state, { error: NOT_ENTITIES, keys: untold, path: [] });
  });
}

/** Keeps entities; gives the keys for which there is not what was asked for: an object or null. */
function store(run: Run, { keys, state }: Asked, answered: unknown): readonly EntityKey[] {
  if (!Array.isArray(answered)) return keys;
  const entities: unknown[] = run.isPrivate ? copyJson(answered) : answered;
  state.fetch.rewrite?.(entities);
  const lost: EntityKey[] = [];
  keys.forEach((key, i) => {
    const entity = entities[i];
    if (entity !== null && !isObject(entity)) lost.push(key);
    if (!state.records.has(key)) state.records.set(key, isObject(entity) ? entity : null);
  });
  return lost;
}

type Answered = { readonly loads: readonly Asked[]; readonly answered: readonly unknown[] };

/**
 * Gives an error to the entity that its path names, else to those entities of its load that are missing; one that names
 * no load to those of all. Where none is missing it is told of the first.
 */
function placeError(error: GraphQLFormattedError, { loads, answered }: Answered): void {
  const [field, index, ...path] = pathOf(error) ?? [];
  const named = loads.length === 1 ? loads : loads.filter((_load, i) => field === `_${i}`);
  const [only] = named;
  const key = named.length === 1 && typeof index === 'number' ? only?.keys[index] : undefined;
  if (only && key !== undefined) {
    pushProblem(only.state, { error, keys: [key], path });
    return;
  }
  let isMissing = false;
  for (const [i, load] of loads.entries()) {
    if (named.length > 0 && !named.includes(load)) continue;
    const entities = answered[i];
    const missing = Array.isArray(entities) ? load.keys.filter((_key, at) => !isObject(entities[at])) : load.keys;
    if (missing.length === 0) continue;
    isMissing = true;
    pushProblem(load.state, { error, keys: missing, path: [] });
  }
  const first = only ?? loads[0];
  if (!isMissing && first) pushProblem(first.state, { error, keys: first.keys, path: undefined });
}

function pushProblem({ problems, fetch }: LoaderState, problem: Omit<EntityProblem, 'subgraph'>): void {
  problems.push({ subgraph: fetch.operation.subgraph, ...problem });
}

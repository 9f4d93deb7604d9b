import type { GraphQLObjectType, SelectionSetNode } from 'graphql';
import { isLeader } from '../leader.ts';
import type { Position } from '../position.ts';
import type { EntityFetch, EntityKey, Run } from '../run.ts';
import { isObject, type JsonObject } from '../view.ts';
import { collectFields } from './collect-fields.ts';
import type { Write, WriteRun } from './write-run.ts';
import type { WriterContext } from './writer-context.ts';

/** What stands for an object's printed form; undefined where each is printed for itself. */
export type MemoKey = (object: JsonObject, run: Run) => EntityKey | undefined;

/**
 * The key by which objects of `type` at `position` print the same; null when what is printed does not follow from the
 * entity alone. It does when every field comes from records of the entity, or is part of the key itself.
 */
export function memoKeyOf(
  context: WriterContext,
  position: Position<EntityFetch>,
  { type, selectionSets }: { readonly type: GraphQLObjectType; readonly selectionSets: readonly SelectionSetNode[] },
): MemoKey | null {
  const [first] = position.fetches;
  if (!first || !isLeader(first)) return null;
  const { keyFields } = first.representation;
  const followsFromKey = (planKey: string): boolean =>
    keyFields.has(planKey) || !(position.sources.get(planKey) ?? [0]).includes(0);
  const areRecordsOfKey = position.fetches.every((fetch) => fetch === first || fetch.leader === first);
  if (!areRecordsOfKey) return null;
  const fields = [...collectFields(context, type, selectionSets).values()];
  const planKeys = fields.flatMap(([node]) =>
    node && node.name.value !== '__typename' ? [context.planKeyOf(node)] : [],
  );
  if (!planKeys.every(followsFromKey)) return null;
  const { representation } = first;
  return (object, run) => (run.isPrivate ? undefined : representation.keyOfObject(object, run));
}

/** Prints an entity once, however often it stands in the answer. */
export function compileMemo(write: Write, keyOf: MemoKey, slot: number): Write {
  return (value, writing) => {
    const key = isObject(value) ? keyOf(value, writing.run) : undefined;
    if (key === undefined) return write(value, writing);
    let printed = writing.printed[slot];
    if (!printed) {
      printed = new Map();
      writing.printed[slot] = printed;
    }
    const { out, problems } = writing;
    const known = printed.get(key);
    if (known !== undefined) {
      out.repeat(known.start, known.end);
      return true;
    }
    const [start, problemCount] = [out.length, problems.length];
    if (!write(value, writing)) return false;
    // What went wrong is told at every place where it stands.
    if (problems.length === problemCount) printed.set(key, { start, end: out.length });
    return true;
  };
}

/** Takes back what was printed from `length` on, and what is known to stand there. */
export function takeBack({ out, printed }: WriteRun, length: number): void {
  out.truncate(length);
  printed.length = 0;
}

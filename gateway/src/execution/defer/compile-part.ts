import { type GraphQLCompositeType, isAbstractType, isObjectType } from 'graphql';
import { viewOf } from '../objects.ts';
import type { Position } from '../position.ts';
import type { EntityFetch, Run } from '../run.ts';
import { compileRead, isObject, type JsonObject } from '../view.ts';
import { compileByTypename, compileSelection } from '../writer/compile-selection.ts';
import type { WriteRun } from '../writer/write-run.ts';
import type { DeferredFragment, DeferredPart, PartContext } from './find-parts.ts';

/** Prints a deferred part of one object; false when it has to be null. */
export type WritePart = (object: JsonObject, writing: WriteRun) => boolean;

/** Compiles what a fragment brings to objects of a type. */
export function compilePart(
  context: PartContext,
  { position, selectionSet }: DeferredFragment,
  type: GraphQLCompositeType,
): WritePart {
  const at = { position, selectionSets: [selectionSet] };
  if (isObjectType(type)) {
    const write = compileSelection(context, type, at);
    return (object, writing) => write(viewOf(position, object, writing.run), writing);
  }
  if (!isAbstractType(type)) throw new TypeError('nothing can be deferred there');
  const writerOf = compileByTypename(context, type, at);
  return (object, writing) => {
    const view = viewOf(position, object, writing.run);
    return writerOf(view)?.(view, writing) ?? false;
  };
}

/** The object that a part is for, as it is by now. */
export function findObject({ fragment, planPath }: DeferredPart, run: Run): JsonObject | null {
  const chain = chainOf(fragment.position);
  let value: unknown = run.root;
  let depth = 0;
  for (const step of planPath) {
    if (typeof step === 'number') {
      value = Array.isArray(value) ? value[step] : undefined;
      continue;
    }
    const position = chain[depth++];
    if (!position || !isObject(value)) return null;
    value = compileRead(position, step)(viewOf(position, value, run));
  }
  return isObject(value) ? value : null;
}

function chainOf(position: Position<EntityFetch>): Position<EntityFetch>[] {
  return position.parent === null ? [position] : [...chainOf(position.parent), position];
}

import {
  type FieldNode,
  type GraphQLCompositeType,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  Kind,
  parse,
  type SelectionSetNode,
} from 'graphql';
import type { DeferredBlock } from '../compile-plan.ts';
import { viewOf } from '../objects.ts';
import type { Position } from '../position.ts';
import { FRAGMENT_PREFIX } from '../rewrites.ts';
import type { EntityFetch } from '../run.ts';
import type { JsonObject } from '../view.ts';
import { compileByTypename, compileSelection } from '../writer/compile-selection.ts';
import type { WriteRun } from '../writer/write-run.ts';
import type { WriterContext } from '../writer/writer-context.ts';

/** Prints a block's part of one object; false when it has to be null. */
export type WriteBlock = (object: JsonObject, writing: WriteRun) => boolean;

/** Compiles what a block adds to each object at its path. `rootType` is the type of the operation. */
export function compileBlock(
  context: WriterContext,
  block: DeferredBlock,
  at: {
    readonly position: Position<EntityFetch>;
    readonly rootType: GraphQLCompositeType;
    /** The operation in plan keys. */
    readonly operation: SelectionSetNode;
  },
): WriteBlock {
  const type = typeAt(context, at.rootType, { path: block.queryPath, operation: at.operation });
  const { position } = at;
  const parts = { position, selectionSets: [parseSelectionSet(block.subselection)] };
  if (isObjectType(type)) {
    const write = compileSelection(context, type, parts);
    return (object, writing) => write(viewOf(position, object, writing.run), writing);
  }
  if (!isAbstractType(type)) throw new TypeError('nothing can be deferred there');
  const writerOf = compileByTypename(context, type, parts);
  return (object, writing) => {
    const view = viewOf(position, object, writing.run);
    return writerOf(view)?.(view, writing) ?? false;
  };
}

/** The plan keys of a block's path, without type conditions. */
export function keysOf({ queryPath }: DeferredBlock): string[] {
  return queryPath.filter((step) => !step.startsWith(FRAGMENT_PREFIX));
}

/** The type that the block's fragment stands on. */
function typeAt(
  context: WriterContext,
  rootType: GraphQLCompositeType,
  { path, operation }: { readonly path: readonly string[]; readonly operation: SelectionSetNode },
): GraphQLCompositeType {
  let type = rootType;
  let selectionSets: readonly SelectionSetNode[] = [operation];
  for (const step of path) {
    if (step.startsWith(FRAGMENT_PREFIX)) {
      const condition = context.schema.getType(step.slice(FRAGMENT_PREFIX.length));
      if (isCompositeType(condition)) type = condition;
      continue;
    }
    const nodes = selectionSets.flatMap((selectionSet) => findFields(context, selectionSet, step));
    const below = nodes.map((node) => fieldType(context, type, node)).find((found) => found !== null);
    if (!below) throw new TypeError(`the operation has nothing at ${path.join('.')}`);
    type = below;
    selectionSets = nodes.flatMap(({ selectionSet }) => (selectionSet ? [selectionSet] : []));
  }
  return type;
}

function fieldType(
  { schema }: WriterContext,
  parent: GraphQLCompositeType,
  node: FieldNode,
): GraphQLCompositeType | null {
  const candidates = isAbstractType(parent) ? [parent, ...schema.getPossibleTypes(parent)] : [parent];
  for (const candidate of candidates) {
    const field = 'getFields' in candidate ? candidate.getFields()[node.name.value] : undefined;
    const type = field && getNamedType(field.type);
    if (isCompositeType(type)) return type;
  }
  return null;
}

/** The fields behind a key, through every fragment. */
function findFields(context: WriterContext, { selections }: SelectionSetNode, key: string): FieldNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) {
      const planKey = context.planKeyOf(selection);
      return planKey === key ? [selection] : [];
    }
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : context.fragments.get(selection.name.value);
    return fragment ? findFields(context, fragment.selectionSet, key) : [];
  });
}

function parseSelectionSet(text: string): SelectionSetNode {
  const [definition] = parse(text, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('a block without a selection');
  return definition.selectionSet;
}

import { ExactNumber } from '@playgraph/kernel/exact-json';
import {
  type FieldNode,
  type GraphQLAbstractType,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  getNullableType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  type SelectionSetNode,
} from 'graphql';
import { viewOf } from '../objects.ts';
import type { Position } from '../position.ts';
import type { EntityFetch } from '../run.ts';
import { compileRead, compileTypename, isObject, type JsonObject, type Read, type View } from '../view.ts';
import { type CollectedFields, collectFields } from './collect-fields.ts';
import { compileMemo, memoKeyOf, takeBack } from './memo.ts';
import { compileLeaf, compileOwnLeaf, quote, type WriteLeaf } from './write-leaf.ts';
import type { Write, WriteRun } from './write-run.ts';
import type { Denial, WriterContext } from './writer-context.ts';

/** Prints the object of a view; false when it has to be null, with what was printed of it still there. */
export type WriteObject = (view: View, writing: WriteRun) => boolean;

/** A type that fields are selected on. */
type FieldsType = GraphQLObjectType | GraphQLInterfaceType;

/** A field as it is compiled: who it belongs to and where its value is. */
type Field = {
  readonly context: WriterContext;
  readonly parentType: FieldsType;
  readonly key: string;
  readonly nodes: readonly FieldNode[];
  /** Where its objects are; null when it has none or the plan never fetches it. */
  readonly position: Position<EntityFetch> | null;
  /** The one subgraph that is asked for it, if it is one. */
  readonly subgraph: string | undefined;
};

/** Compiles what `selectionSets` select of a `type` at `position` into a printer of JSON. */
export function compileSelection(
  context: WriterContext,
  type: FieldsType,
  at: { readonly position: Position<EntityFetch> | null; readonly selectionSets: readonly SelectionSetNode[] },
): WriteObject {
  const fields = [...collectFields(context, type, at.selectionSets)].map(([key, nodes], i) => ({
    label: `${i === 0 ? '{' : ','}${quote(key)}:`,
    write: compileField(context, type, { key, nodes, position: at.position }),
  }));
  if (fields.length === 0) return printConstant('{}');
  return (view, writing) => {
    const { out } = writing;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i];
      if (!field) continue;
      out.write(field.label);
      if (!field.write(view, writing)) return false;
    }
    out.write('}');
    return true;
  };
}

function compileField(
  context: WriterContext,
  parentType: FieldsType,
  { key, nodes, position }: { key: string; nodes: readonly FieldNode[]; position: Position<EntityFetch> | null },
): WriteObject {
  const [node] = nodes;
  if (!node) throw new TypeError(`no field behind ${key}`);
  const name = node.name.value;
  if (name === '__typename') {
    return printConstant(quote(parentType.name));
  }
  if (name === '__schema' || name === '__type') {
    const write = context.introspect(key, nodes);
    return (_view, writing) => {
      write(writing);
      return true;
    };
  }
  const definition = parentType.getFields()[name];
  // Validation knows no such field; an object type that an abstract selection reaches always has it.
  if (!definition) return printConstant('null');
  const planKey = context.planKeyOf(node);
  const allowed = nodes.filter((candidate) => !context.denialAt(candidate));
  const field: Field = {
    context,
    parentType,
    key,
    nodes: allowed.length > 0 ? allowed : nodes,
    position: position?.children.get(planKey) ?? null,
    subgraph: position?.subgraphs.get(planKey) ?? undefined,
  };
  const denial = allowed.length > 0 ? null : context.denialAt(node);
  if (denial) return compileDenied(field, definition.type, denial);
  return compileValueOf(field, definition.type, position ? compileRead(position, planKey) : readPlain(planKey));
}

function readPlain(planKey: string): Read {
  return (view) => (view as JsonObject)[planKey];
}

function compileValueOf(field: Field, type: GraphQLOutputType, read: Read): WriteObject {
  const write = compileType(field, type);
  const { key } = field;
  const writeValue: WriteObject = (view, writing) => {
    const { path } = writing;
    path.push(key);
    const isDone = write(read(view), writing);
    path.pop();
    return isDone;
  };
  const leaf = getNullableType(type);
  if (!isLeafType(leaf)) return writeValue;
  const writeOwn = compileOwnLeaf(leaf);
  // Nobody asks where a leaf is with which nothing is wrong.
  return (view, writing) => writeOwn(read(view), writing.out) || writeValue(view, writing);
}

function compileDenied(field: Field, type: GraphQLOutputType, { code, message }: Denial): WriteObject {
  const isNullable = !isNonNullType(type);
  return (_view, { path, problems, out }) => {
    problems.push({ message, path: [...path, field.key], nodes: field.nodes, code, isConsequence: false });
    if (isNullable) out.write('null');
    return isNullable;
  };
}

/** CompleteValue of the specification. */
function compileType(field: Field, type: GraphQLOutputType): Write {
  if (isNonNullType(type)) {
    const write = compilePresent(field, type.ofType);
    return (value, writing) => {
      if (value !== null && value !== undefined) return write(value, writing);
      const { parentType, nodes } = field;
      return fail(
        field,
        writing,
        `Cannot return null for non-nullable field ${parentType.name}.${nodes[0]?.name.value}.`,
      );
    };
  }
  const write = compilePresent(field, type);
  return (value, writing) => {
    const { out } = writing;
    const { length } = out;
    if (value !== null && value !== undefined && write(value, writing)) return true;
    if (out.length > length) takeBack(writing, length);
    out.write('null');
    return true;
  };
}

function compilePresent(field: Field, type: GraphQLOutputType): Write {
  if (isListType(type)) return compileList(field, type.ofType);
  const named = getNamedType(type);
  if (isLeafType(named)) return compileScalar(field, compileLeaf(named));
  if (isObjectType(named)) return compileObject(field, named);
  if (isAbstractType(named)) return compileAbstract(field, named);
  throw new TypeError('an output type of no known kind');
}

function compileScalar(field: Field, write: WriteLeaf): Write {
  return (value, writing) => {
    try {
      write(value, writing.out);
      return true;
    } catch (error) {
      return fail(field, writing, error instanceof Error ? error.message : String(error));
    }
  };
}

function compileList(field: Field, itemType: GraphQLOutputType): Write {
  const writeItem = compileType(field, itemType);
  const [node] = field.nodes;
  const label = `${field.parentType.name}.${node?.name.value}`;
  return (value, writing) => {
    if (!Array.isArray(value))
      return fail(field, writing, `Expected Iterable, but did not find one for field "${label}".`);
    const { path, out } = writing;
    const depth = path.length;
    out.write('[');
    for (let i = 0; i < value.length; i++) {
      path[depth] = i;
      if (i > 0) out.write(',');
      if (!writeItem(value[i], writing)) {
        path.length = depth;
        return false;
      }
    }
    path.length = depth;
    out.write(']');
    return true;
  };
}

function compileObject(field: Field, type: GraphQLObjectType): Write {
  const { context, position, nodes } = field;
  const selectionSets = selectionSetsOf(nodes);
  const write = compileSelection(context, type, { position, selectionSets });
  const plain: Write = (value, writing) => {
    if (!isObject(value))
      return fail(field, writing, `Expected value of type "${type.name}" but got: ${kindOf(value)}.`);
    return write(position ? viewOf(position, value, writing.run) : value, writing);
  };
  const memoKey = position && memoKeyOf(context, position, { type, selectionSets });
  return memoKey ? compileMemo(plain, memoKey, context.takeSlot()) : plain;
}

function compileAbstract(field: Field, type: GraphQLAbstractType): Write {
  const { context, position, nodes } = field;
  const writerOf = compileByTypename(context, type, { position, selectionSets: selectionSetsOf(nodes) });
  return (value, writing) => {
    if (!isObject(value))
      return fail(field, writing, `Expected value of type "${type.name}" but got: ${kindOf(value)}.`);
    const view = position ? viewOf(position, value, writing.run) : value;
    const write = writerOf(view);
    if (!write)
      return fail(field, writing, `Abstract type "${type.name}" was not resolved to one of its object types.`);
    return write(view, writing);
  };
}

/** The printer for the object type that a view says it is of; undefined when that is none of `type`'s. */
export function compileByTypename(
  context: WriterContext,
  type: GraphQLAbstractType,
  at: { readonly position: Position<EntityFetch> | null; readonly selectionSets: readonly SelectionSetNode[] },
): (view: View) => WriteObject | undefined {
  const { schema } = context;
  const ofAnyType = compileForAnyType(context, type, at);
  const typenameOf = at.position ? compileTypename(at.position) : (view: View) => (view as JsonObject).__typename;
  const writers = new Map<string, WriteObject>();
  return (view) => {
    const typename = typenameOf(view);
    const known = writers.get(String(typename));
    if (known) return known;
    const objectType = typeof typename === 'string' ? schema.getType(typename) : undefined;
    if (objectType === undefined || objectType === type) return ofAnyType;
    if (typeof typename !== 'string' || !isObjectType(objectType) || !schema.isSubType(type, objectType))
      return undefined;
    const write = compileSelection(context, objectType, at);
    writers.set(typename, write);
    return write;
  };
}

/**
 * The printer for objects of which nobody knows more than that they are of `type`, as those of an interface object: when
 * all that is selected is the interface's own, the planner spares the question which type they are of.
 */
function compileForAnyType(
  context: WriterContext,
  type: GraphQLAbstractType,
  at: { readonly position: Position<EntityFetch> | null; readonly selectionSets: readonly SelectionSetNode[] },
): WriteObject | undefined {
  const possible = context.schema.getPossibleTypes(type);
  const keysOf = (fields: CollectedFields) => [...fields].map(([key, nodes]) => `${key}:${nodes.length}`).join();
  const own = collectFields(context, type, at.selectionSets);
  const dependsOnType =
    [...own.values()].some(([node]) => node?.name.value === '__typename') ||
    possible.some((one) => keysOf(collectFields(context, one, at.selectionSets)) !== keysOf(own));
  if (dependsOnType || (isUnionType(type) && own.size > 0)) return undefined;
  return isUnionType(type) ? printConstant('{}') : compileSelection(context, type, at);
}

function printConstant(text: string): WriteObject {
  return (_view, { out }) => {
    out.write(text);
    return true;
  };
}

function selectionSetsOf(nodes: readonly FieldNode[]): SelectionSetNode[] {
  return nodes.flatMap(({ selectionSet }) => (selectionSet ? [selectionSet] : []));
}

/** Notes a value that does not fit; the place becomes null. */
function fail({ nodes, subgraph }: Field, { path, problems }: WriteRun, message: string): false {
  problems.push({ message, path: [...path], nodes, code: 'INTERNAL_SERVER_ERROR', subgraph, isConsequence: true });
  return false;
}

function kindOf(value: unknown): string {
  if (value instanceof ExactNumber) return 'a number';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

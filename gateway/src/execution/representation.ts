import type { FetchNode, QueryPlanFieldNode, QueryPlanSelectionNode } from '@apollo/query-planner';
import { type GraphQLSchema, isObjectType } from 'graphql';
import { type MutableObject, mergeInto } from './merge.ts';
import type { Position } from './position.ts';
import { printDeep } from './print-deep.ts';
import type { RenamedRequirement } from './requirements/restore-fields.ts';
import { applyRewrites } from './rewrites.ts';
import type { EntityFetch, EntityKey, Representation, Run } from './run.ts';
import { compileTypeTest } from './type-condition.ts';
import {
  asString,
  compileProperty,
  compileRead,
  compileTypename,
  isObject,
  type JsonObject,
  LISTS_MAX,
  type Read,
  type View,
} from './view.ts';
import { quote } from './writer/write-leaf.ts';

/** What compiling needs to know around a fetch. */
export type RepresentationContext = {
  readonly supergraphSchema: GraphQLSchema;
  readonly position: Position<EntityFetch>;
  /** The fields at the top of each key by which the subgraph resolves entities of a type. */
  readonly keysOf: (typename: string) => readonly (readonly string[])[];
  /** The view of a base object at another position: `requires` may reach below the entity itself. */
  readonly viewAt: (position: Position<EntityFetch>) => (object: JsonObject, run: Run) => View;
};

/** Starts keys that are whole representations, so that they never equal a plain one. */
const TEXT_KEY_MARK = '\u0000';

/** A representation is its type and at least one field. */
const FIELDS_MIN = 2;

/** Compiles the representations that a fetch requires. */
export function compileRepresentation(
  node: Pick<FetchNode, 'requires' | 'inputRewrites'>,
  context: RepresentationContext,
): Representation {
  const requires = node.requires ?? [];
  const scalar = node.inputRewrites?.length ? null : singleScalarOf(requires);
  return scalar ? compileScalarKey(scalar, context) : compileTextKey(node, context);
}

type SingleScalar = { readonly typename: string; readonly field: string };

/** `... on T { __typename field }` and nothing else: by far the commonest. */
function singleScalarOf(requires: readonly QueryPlanSelectionNode[]): SingleScalar | null {
  const [fragment, ...others] = requires;
  if (fragment?.kind !== 'InlineFragment' || !fragment.typeCondition || others.length > 0) return null;
  const fields = fragment.selections.filter((selection) => selection.kind === 'Field');
  const named = fields.filter(({ name }) => name !== '__typename');
  const [field] = named;
  if (fields.length !== fragment.selections.length || named.length !== 1 || !field || field.selections) return null;
  if ((field as RenamedRequirement).writeAs !== undefined) return null;
  return fields.length === 2 ? { typename: fragment.typeCondition, field: field.alias ?? field.name } : null;
}

function compileScalarKey(
  { typename, field }: SingleScalar,
  { supergraphSchema, position }: RepresentationContext,
): Representation {
  const isOfType = compileTypeTest(supergraphSchema, typename);
  const isAbstract = supergraphSchema.getType(typename)?.astNode?.kind !== 'ObjectTypeDefinition';
  const typenameOf = compileTypename(position);
  const read = compileRead(position, field);
  const property = compileProperty(field);
  const name = JSON.stringify(field);
  const keyFor = (type: string | undefined, value: unknown): EntityKey | undefined => {
    if (!isOfType(type)) return undefined;
    if (!isAbstract && (typeof value === 'number' || isPlainText(value))) return value;
    // The one field is the key, and null names nothing.
    if (value === undefined || value === null) return undefined;
    return `${TEXT_KEY_MARK}{"__typename":${JSON.stringify(type)},${name}:${printDeep(value)}}`;
  };
  const head = `{"__typename":${JSON.stringify(typename)},${name}:`;
  return {
    keyOf: (view) => keyFor(typenameOf(view), read(view)),
    keyOfObject: (object) => keyFor(asString(object.__typename), property(object)),
    textOf: (key) => textOfKey(key) ?? `${head}${JSON.stringify(key)}}`,
    isKeyCheap: !isAbstract,
    typename: isAbstract ? null : typename,
    keyFields: new Set([field]),
  };
}

/** A text that nobody can take for a whole representation: clients may choose ids. */
function isPlainText(value: unknown): value is string {
  return typeof value === 'string' && !value.startsWith(TEXT_KEY_MARK);
}

function compileTextKey(
  node: Pick<FetchNode, 'requires' | 'inputRewrites'>,
  context: RepresentationContext,
): Representation {
  const requires = node.requires ?? [];
  const flat = node.inputRewrites?.length ? null : flatFieldsOf(requires, context);
  const keyOf = flat ? compileFlatKey(flat, context) : compileDeepKey(node, context);
  return {
    keyOf,
    keyOfObject: (object, run) => keyOf([object], run),
    textOf: (key) => textOfKey(key) ?? '',
    isKeyCheap: false,
    typename: flat?.typename ?? null,
    keyFields: new Set(fieldsOf(requires)),
  };
}

type FlatFields = { readonly typename: string; readonly fields: readonly (QueryPlanFieldNode & RenamedRequirement)[] };

/** The fields of `... on T { __typename a b }` where T is an object type and no field is an object. */
function flatFieldsOf(
  requires: readonly QueryPlanSelectionNode[],
  { supergraphSchema }: RepresentationContext,
): FlatFields | null {
  const typenames = new Set(requires.map((part) => (part.kind === 'InlineFragment' ? part.typeCondition : undefined)));
  const [typename] = typenames;
  if (typenames.size !== 1 || typename === undefined || !isObjectType(supergraphSchema.getType(typename))) return null;
  const byKey = new Map<string, QueryPlanFieldNode>();
  for (const field of requires.flatMap(({ selections }) => selections ?? [])) {
    if (field.kind !== 'Field' || field.selections) return null;
    byKey.set(field.alias ?? field.name, field);
  }
  return byKey.delete('__typename') ? { typename, fields: [...byKey.values()] } : null;
}

function compileFlatKey({ typename, fields }: FlatFields, context: RepresentationContext): Representation['keyOf'] {
  const { position } = context;
  const typenameOf = compileTypename(position);
  const parts = fields.map((field) => {
    const key = field.alias ?? field.name;
    const label = `,${JSON.stringify(field.writeAs ?? key)}:`;
    return { label, read: compileRead(position, key), isLost: compileIsLost(position, key) };
  });
  const reads = new Map(fields.map((field, i) => [field.writeAs ?? field.alias ?? field.name, parts[i]?.read]));
  const head = `${TEXT_KEY_MARK}{"__typename":${JSON.stringify(typename)}`;
  const keys = context.keysOf(typename);
  return (view) => {
    if (typenameOf(view) !== typename) return undefined;
    let text = head;
    let isWhole = true;
    for (const { label, read, isLost } of parts) {
      const value = read(view);
      if (value !== undefined) text += label + printValue(value);
      else if (isLost(view)) return undefined;
      if (value === undefined || value === null) isWhole = false;
    }
    if (!isWhole && !hasKey(keys, (field) => reads.get(field)?.(view))) return undefined;
    return text === head ? undefined : `${text}}`;
  };
}

/**
 * Whether some key is there as a whole: a condition of the client may have left one out. A null may be a part of a key,
 * but nothing is named by nulls alone.
 */
function hasKey(keys: readonly (readonly string[])[], read: (field: string) => unknown): boolean {
  const isThere = (field: string) => read(field) !== undefined;
  const isNamed = (field: string) => read(field) !== null;
  return keys.length === 0 || keys.some((key) => key.every(isThere) && key.some(isNamed));
}

function printValue(value: unknown): string {
  return typeof value === 'string' ? quote(value) : printDeep(value);
}

function compileDeepKey(
  node: Pick<FetchNode, 'requires' | 'inputRewrites'>,
  context: RepresentationContext,
): Representation['keyOf'] {
  const select = compileSelect(node.requires ?? [], context);
  return (view, run) => {
    const representation = select(view, run);
    if (!representation || typeof representation.__typename !== 'string') return undefined;
    if (Object.keys(representation).length < FIELDS_MIN) return undefined;
    applyRewrites(context.supergraphSchema, node.inputRewrites, representation);
    const keys = context.keysOf(String(representation.__typename));
    if (!hasKey(keys, (field) => representation[field])) return undefined;
    return TEXT_KEY_MARK + printDeep(representation);
  };
}

/** The plan keys at the top of `selections`. */
function fieldsOf(selections: readonly QueryPlanSelectionNode[]): string[] {
  const fields = selections.flatMap((selection) =>
    selection.kind === 'Field' ? [selection.alias ?? selection.name] : fieldsOf(selection.selections),
  );
  return fields.filter((field) => field !== '__typename');
}

function textOfKey(key: EntityKey): string | undefined {
  return typeof key === 'string' && key.startsWith(TEXT_KEY_MARK) ? key.slice(TEXT_KEY_MARK.length) : undefined;
}

/** Picks what `selections` name out of a view into a new object; undefined when a field is missing. */
type Select = (view: View, run: Run) => MutableObject | undefined;

function compileSelect(selections: readonly QueryPlanSelectionNode[], context: RepresentationContext): Select {
  const parts = selections.map((selection) =>
    selection.kind === 'Field'
      ? compileField(selection, context)
      : compileFragment(selection.typeCondition, { select: compileSelect(selection.selections, context), context }),
  );
  return (view, run) => {
    const selected: MutableObject = {};
    for (const part of parts) if (!part(view, selected, run)) return undefined;
    return selected;
  };
}

/** Adds its part to `selected`; false when it was lost, and with it the whole representation. */
type AddPart = (view: View, selected: MutableObject, run: Run) => boolean;

function compileField(field: QueryPlanFieldNode & RenamedRequirement, context: RepresentationContext): AddPart {
  const key = field.alias ?? field.name;
  const sentKey = field.writeAs ?? key;
  const read: Read = key === '__typename' ? compileTypename(context.position) : compileRead(context.position, key);
  const isLost = compileIsLost(context.position, key);
  const below = field.selections ? compileNested(key, field.selections, context) : null;
  return (view, selected, run) => {
    const value = read(view);
    // Nobody was asked for it, as for another type behind an interface: the subgraph gets what there is.
    if (value === undefined) return !isLost(view);
    const part = below === null ? value : below(value, run);
    if (part === undefined) return false;
    mergeInto(selected, { [sentKey]: part });
    return true;
  };
}

/** Whether a subgraph was asked for `key` and knew nothing: what depends on it cannot be asked for. */
function compileIsLost(position: Position<EntityFetch>, key: string): (view: View) => boolean {
  if (position.fetches.length === 0) return () => false;
  const sources = position.sources.get(key) ?? [];
  return (view) => sources.some((source) => (view as readonly unknown[])[source] === null);
}

function compileNested(
  key: string,
  selections: readonly QueryPlanSelectionNode[],
  context: RepresentationContext,
): (value: unknown, run: Run) => unknown {
  const position = context.position.children.get(key);
  // No fetch of the plan brings it: nothing to select from.
  if (!position) return () => undefined;
  const select = compileSelect(selections, { ...context, position });
  const viewOf = context.viewAt(position);
  const pick = (value: unknown, run: Run, lists: number): unknown => {
    if (Array.isArray(value)) {
      const items = lists < LISTS_MAX ? value.map((item) => pick(item, run, lists + 1)) : [];
      return items.includes(undefined) ? undefined : items;
    }
    return isObject(value) ? select(viewOf(value, run), run) : value;
  };
  return (value, run) => pick(value, run, 0);
}

function compileFragment(
  typeCondition: string | undefined,
  { select, context }: { select: Select; context: RepresentationContext },
): AddPart {
  const isOfType = typeCondition === undefined ? () => true : compileTypeTest(context.supergraphSchema, typeCondition);
  const typenameOf = compileTypename(context.position);
  return (view, selected, run) => {
    if (!isOfType(typenameOf(view))) return true;
    const part = select(view, run);
    if (part === undefined) return false;
    mergeInto(selected, part);
    return true;
  };
}

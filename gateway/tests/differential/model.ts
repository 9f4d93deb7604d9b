/**
 * What a generated supergraph is: types, who owns which field, and the traps among them. Everything else follows from
 * it: the subgraphs' SDL and resolvers, and the one schema that says what the answers must be.
 */
export type GraphModel = {
  readonly subgraphs: readonly string[];
  /** Subgraphs whose root types have names of their own. */
  readonly renamed: ReadonlySet<string>;
  readonly types: ReadonlyMap<string, TypeModel>;
  readonly query: readonly FieldModel[];
  /** Empty: the graph has no mutations. */
  readonly mutation: readonly FieldModel[];
};

export type TypeModel = EntityModel | ValueModel | InterfaceModel | UnionModel;

/** An object with identity: instance `n` of a few, known to its hub by every key and elsewhere by some. */
export type EntityModel = {
  readonly kind: 'entity';
  readonly name: string;
  /** The subgraph that has all keys: from it and to it every other one can be reached. */
  readonly hub: string;
  readonly keys: readonly KeyShape[];
  readonly fields: FieldModel[];
  readonly presence: Map<string, Presence>;
};

export type Presence = {
  readonly keys: readonly KeyShape[];
  readonly isResolvable: boolean;
  /** Instances that this subgraph does not know: its `_entities` says null for them. */
  missing: readonly number[];
};

/** An object without identity. A field that some of its subgraphs lack is reached through the entity that holds it. */
export type ValueModel = {
  readonly kind: 'value';
  readonly name: string;
  readonly fields: FieldModel[];
  readonly subgraphs: Set<string>;
};

export type InterfaceModel = {
  readonly kind: 'interface';
  readonly name: string;
  /** Whether it promises less of its fields than its members do. */
  readonly isLoose: boolean;
  /** The interface that it implements itself. */
  readonly parent: string | null;
  /** Entities that all have the key `id`. */
  readonly members: readonly string[];
  /** Subgraph -> the fields beside `id` that the interface has there. */
  readonly fieldsIn: ReadonlyMap<string, readonly string[]>;
  /** Subgraphs that have the interface, with its `id` only, and no type of it: there it is null, or an empty list. */
  readonly bareIn: Set<string>;
  /** The subgraphs that know it as an `@interfaceObject`, and what they add to every member. */
  readonly object: { readonly subgraphs: readonly string[]; readonly fields: readonly FieldModel[] } | null;
};

export type UnionModel = {
  readonly kind: 'union';
  readonly name: string;
  /** Whether it is an interface instead, with the field that all values have. */
  readonly isInterface: boolean;
  /** Subgraph -> its members there; subgraphs may differ. */
  readonly membersIn: Map<string, readonly string[]>;
};

export type FieldModel = {
  readonly name: string;
  readonly type: TypeRef;
  readonly args: readonly ArgModel[];
  /** The subgraphs that resolve it; more than one: `@shareable`. */
  owners: readonly string[];
  requires: readonly RequiredField[];
  /** The field of its entity that it brings along by `@provides`. */
  provides: string | null;
  /** What it brings along of that field, when that is an object. */
  providesBelow: string | null;
  /** The one of its owners that promises never to say null, which the others do not. */
  strictIn: string | null;
  /** The subgraph that still has it and from which it was taken by `@override`. */
  overrides: string | null;
  /** That somebody brings it along by `@provides`, which makes it `@shareable`. */
  isProvided: boolean;
  isInaccessible: boolean;
  /** Never throws and never breaks its type: what others `@require` must be there. */
  isSafe: boolean;
  /** Never an object, though its type has some: null, or an empty list. */
  readonly isEmpty: boolean;
  /** The key that it is part of. */
  readonly key: KeyShape | null;
};

/** `nonNulls[0]` is the outermost level; one entry more than there are lists around `base`. */
export type TypeRef = { readonly base: string; readonly nonNulls: readonly boolean[] };

export type ArgModel = { readonly name: string; readonly type: TypeRef; readonly defaultValue: unknown };

export type RequiredField = {
  readonly field: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly selection: readonly RequiredField[];
};

/** The selections of `@key`: one field, several, and one that reaches into an object. */
export const KEY_SHAPES = [
  'id',
  'num',
  'sku code',
  'org { id } slug',
  'tags { text }',
  'place { zone { id } }',
] as const;
export type KeyShape = (typeof KEY_SHAPES)[number];

/** Instances of each entity; from `DANGLING_FROM` on there are references to entities that do not exist. */
export const INSTANCES = 5;
export const DANGLING_FROM = 50;

export const SCALARS = ['Int', 'Float', 'String', 'Boolean', 'ID', 'Blob', 'Color', 'Mood'] as const;
export const COLORS = ['RED', 'GREEN', 'BLUE'] as const;
/** The value of `Mood` that every subgraph knows; each has one more of its own. */
export const MOOD = 'CALM';

/** The field that every object without identity has. */
export const SHAPE_FIELD = 'shape';

/** The types of leaves and inputs where these subgraphs are, each with what it has for itself alone. */
export function printCommon(subgraphs: readonly string[], isWhole: boolean): string {
  // What not all have of an input, nobody may send.
  const own = isWhole ? '' : subgraphs.map((name) => ` only_${name}: Int`).join('');
  return `scalar Blob
enum Color { ${COLORS.join(' ')} }
enum Mood { ${[MOOD, ...subgraphs.map(ownMoodOf)].join(' ')} }
input Filter { text: String = "x" min: Int! = 1 tags: [String!] color: Color nested: Filter${own} }`;
}

export function ownMoodOf(subgraph: string): string {
  return `MOOD_OF_${subgraph.toUpperCase()}`;
}

export function toTypeText({ base, nonNulls }: TypeRef): string {
  return nonNulls.reduceRight((text, nonNull, level) => {
    const inner = level === nonNulls.length - 1 ? base : `[${text}]`;
    return nonNull ? `${inner}!` : inner;
  }, base);
}

export function getEntity(graph: GraphModel, name: string): EntityModel {
  const type = graph.types.get(name);
  if (type?.kind !== 'entity') throw new TypeError(`${name} is not an entity`);
  return type;
}

/** The field of an object type as the supergraph has it: an entity also has what an interface object adds. */
export function getField(graph: GraphModel, typeName: string, fieldName: string): FieldModel {
  const field = fieldsOf(graph, typeName).find(({ name }) => name === fieldName);
  if (!field) throw new TypeError(`there is no ${typeName}.${fieldName}`);
  return field;
}

export function fieldsOf(graph: GraphModel, typeName: string): readonly FieldModel[] {
  if (typeName === 'Query') return graph.query;
  if (typeName === 'Mutation') return graph.mutation;
  const type = graph.types.get(typeName);
  if (type?.kind === 'value') return type.fields;
  if (type?.kind === 'entity') return [...type.fields, ...interfacesOf(graph, typeName).flatMap(objectFields)];
  if (type?.kind === 'interface') return [...objectFields(type), ...sharedFields(graph, type)];
  return [];
}

export function interfacesOf(graph: GraphModel, entityName: string): readonly InterfaceModel[] {
  return [...graph.types.values()].flatMap((type) =>
    type.kind === 'interface' && type.members.includes(entityName) ? [type] : [],
  );
}

/**
 * Which fields a subgraph has as `@external`, by type: what its `@requires` and `@provides` name and it does not own.
 */
export function externalsOf(graph: GraphModel, subgraph: string): ReadonlyMap<string, ReadonlySet<string>> {
  const externals = new Map<string, Set<string>>();
  const note = (typeName: string, fieldName: string) => {
    if (getField(graph, typeName, fieldName).owners.includes(subgraph)) return;
    externals.set(typeName, (externals.get(typeName) ?? new Set()).add(fieldName));
  };
  const walk = (typeName: string, required: readonly RequiredField[]) => {
    for (const { field, selection } of required) {
      note(typeName, field);
      walk(resolveType(graph, typeName, field), selection);
    }
  };
  const visit = (typeName: string, fields: readonly FieldModel[]) => {
    for (const field of fields.filter(({ owners }) => owners.includes(subgraph))) {
      walk(typeName, field.requires);
      if (field.provides !== null) note(field.type.base, field.provides);
    }
  };
  for (const type of graph.types.values()) visit(type.name, ownFields(type));
  visit('Query', graph.query);
  visit('Mutation', graph.mutation);
  return externals;
}

/** The fields that a type itself brings. */
export function ownFields(type: TypeModel): readonly FieldModel[] {
  if (type.kind === 'interface') return objectFields(type);
  return type.kind === 'union' ? [] : type.fields;
}

function sharedFields(graph: GraphModel, { members, fieldsIn }: InterfaceModel): readonly FieldModel[] {
  const names = new Set([...fieldsIn.values()].flat());
  const [member] = members;
  return member === undefined ? [] : getEntity(graph, member).fields.filter(({ name }) => names.has(name));
}

/** The interfaces that an object without identity implements, in one subgraph or in any. */
export function shapesOf(graph: GraphModel, valueName: string, subgraph: string | null): readonly UnionModel[] {
  return [...graph.types.values()].flatMap((type) => {
    if (type.kind !== 'union' || !type.isInterface) return [];
    const members = subgraph === null ? [...type.membersIn.values()].flat() : (type.membersIn.get(subgraph) ?? []);
    return members.includes(valueName) ? [type] : [];
  });
}

function objectFields({ object }: InterfaceModel): readonly FieldModel[] {
  return object?.fields ?? [];
}

function resolveType(graph: GraphModel, typeName: string, fieldName: string): string {
  return getField(graph, typeName, fieldName).type.base;
}

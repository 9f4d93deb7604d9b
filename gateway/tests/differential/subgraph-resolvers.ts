import { DomainError } from '@playgraph/kernel/errors';
import { gather, keyOf, keyValue, type Node, valueAt } from './data.ts';
import {
  DANGLING_FROM,
  externalsOf,
  type FieldModel,
  type GraphModel,
  getEntity,
  getField,
  INSTANCES,
  type KeyShape,
  ownFields,
  type RequiredField,
  type TypeModel,
} from './model.ts';
import { rootNameIn } from './print-graph.ts';

/** What a parent is in a subgraph: an object, with the representation by which it was asked for. */
type LocalNode = Node & {
  readonly representation?: Readonly<Record<string, unknown>>;
  /** The one field that came along with it by `@provides`. */
  readonly provided?: string | null;
};

type Local = { readonly graph: GraphModel; readonly seed: string; readonly subgraph: string };
type Args = Readonly<Record<string, unknown>>;

/** The resolvers of one subgraph. They are strict: a representation that is not what was promised is an error. */
export function createSubgraphResolvers(graph: GraphModel, seed: string, subgraph: string): Record<string, object> {
  const local: Local = { graph, seed, subgraph };
  const resolvers: Record<string, object> = {
    [rootNameIn(graph, subgraph, 'Query')]: resolversOf(local, 'Query', graph.query),
    [rootNameIn(graph, subgraph, 'Mutation')]: resolversOf(local, 'Mutation', graph.mutation),
  };
  for (const type of graph.types.values()) {
    if (!isHere(local, type)) continue;
    const fields = resolversOf(local, type.name, ownFields(type));
    if (type.kind === 'entity') resolvers[type.name] = { ...fields, ...createEntityResolvers(local, type.name) };
    if (type.kind === 'value') resolvers[type.name] = fields;
    if (type.kind === 'interface') resolvers[type.name] = createInterfaceResolvers(local, type.name, fields);
  }
  return Object.fromEntries(Object.entries(resolvers).filter(([, fields]) => Object.keys(fields).length > 0));
}

function isHere({ subgraph }: Local, type: TypeModel): boolean {
  if (type.kind === 'entity') return type.presence.has(subgraph);
  if (type.kind === 'value') return type.subgraphs.has(subgraph);
  return (
    type.kind === 'interface' && (type.fieldsIn.has(subgraph) || type.object?.subgraphs.includes(subgraph) === true)
  );
}

function resolversOf(local: Local, typeName: string, fields: readonly FieldModel[]): Record<string, object> {
  const own = fields.filter(({ owners }) => owners.includes(local.subgraph));
  return Object.fromEntries(own.map((field) => [field.name, createResolver(local, typeName, field)]));
}

function createResolver(local: Local, typeName: string, field: FieldModel) {
  return (parent: LocalNode | undefined, args: Args) => {
    const node = parent ?? { __typename: typeName, at: typeName };
    if (field.key !== null) return keyFieldAt(node, field.name);
    const required = field.requires.length > 0 ? requiredAt(local, node, field) : undefined;
    return toLocal(local, field, valueAt(local.graph, local.seed, { field, node, args, required }));
  };
}

/** A key field of an entity, or of the object inside a key. */
export function keyFieldAt({ __typename, at, n = 0 }: Node, fieldName: string): unknown {
  if (__typename.endsWith('Org')) return `o${n >> 1}`;
  if (__typename.endsWith('Tag')) return at.endsWith('first') ? `t${n >> 1}` : `t${n & 1}`;
  if (__typename.endsWith('Zone')) return `z${n}`;
  if (__typename.endsWith('Place')) return { __typename: __typename.replace('Place', 'Zone'), at, n } satisfies Node;
  return keyValue(__typename, fieldName, n);
}

/** What `field` requires, from the representation; where a field came along by `@provides`, nobody needs to send it. */
function requiredAt({ graph, seed }: Local, node: LocalNode, { requires }: FieldModel): unknown {
  const isProvided = requires.every(({ field }) => field === node.provided);
  if (node.representation === undefined && isProvided) return gather(graph, seed, { node, required: requires });
  return pick(node.representation, requires);
}

/** The required values out of a representation; what is missing is said, so that the field's value tells of it. */
function pick(source: unknown, required: readonly RequiredField[]): unknown {
  if (Array.isArray(source)) return source.map((item) => pick(item, required));
  if (source === null || required.length === 0) return source;
  if (source === undefined) return 'NOT REPRESENTED';
  return Object.fromEntries(
    required.map(({ field, selection }) => {
      const value = (source as Args)[field];
      return [field, value === undefined ? 'NOT REPRESENTED' : pick(value, selection)];
    }),
  );
}

/** Objects as this subgraph knows them: an interface object for every member, and what `field` provides. */
function toLocal(local: Local, field: FieldModel, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => toLocal(local, field, item));
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  const type = local.graph.types.get(field.type.base);
  if (!type) return value;
  const node = { ...(value as Node), provided: field.provides };
  if (type.kind !== 'interface' || !type.object?.subgraphs.includes(local.subgraph)) return node;
  return { ...node, __typename: type.name, member: node.__typename };
}

function createEntityResolvers(local: Local, name: string): Record<string, object> {
  const { graph, seed, subgraph } = local;
  const entity = getEntity(graph, name);
  const external = [...(externalsOf(graph, subgraph).get(name) ?? [])].map((fieldName) => {
    const field = getField(graph, name, fieldName);
    const resolve = (parent: LocalNode) => {
      if (parent.provided !== fieldName)
        throw fault(`${subgraph} was asked for ${name}.${fieldName}, which is external`);
      return valueAt(graph, seed, { field, node: parent, args: {}, required: undefined });
    };
    return [fieldName, resolve] as const;
  });
  const overridden = entity.fields
    .filter(({ overrides }) => overrides === subgraph)
    .map((field) => [
      field.name,
      () => {
        throw fault(`${subgraph} was asked for ${name}.${field.name}, which it has no more`);
      },
    ]);
  const presence = entity.presence.get(subgraph);
  if (!presence?.isResolvable) return Object.fromEntries([...external, ...overridden]);
  const resolveReference = (representation: Args): LocalNode | null => {
    const n = findInstance(name, presence.keys, representation);
    if (n >= DANGLING_FROM || presence.missing.includes(n)) return null;
    return { __typename: name, at: `${name}:${n}`, n, representation };
  };
  return { ...Object.fromEntries([...external, ...overridden]), __resolveReference: resolveReference };
}

function createInterfaceResolvers(local: Local, name: string, fields: Record<string, object>): Record<string, object> {
  const type = local.graph.types.get(name);
  if (type?.kind !== 'interface' || !type.object) return {};
  const find = (representation: Args) => {
    const member = type.members.find((candidate) => String(representation.id).startsWith(`${candidate}-`)) ?? '';
    const n = findInstance(member, ['id'], representation);
    return n >= DANGLING_FROM ? null : { at: `${member}:${n}`, n, member, representation };
  };
  if (!type.object.subgraphs.includes(local.subgraph)) {
    return {
      __resolveReference: (representation: Args) => {
        const found = find(representation);
        return found && { ...found, __typename: found.member };
      },
    };
  }
  return {
    id: ({ member = '', n = 0 }: LocalNode) => keyValue(member, 'id', n),
    ...fields,
    __resolveReference: (representation: Args) => {
      const found = find(representation);
      return found && { ...found, __typename: name };
    },
  };
}

/** Which instance the representation means by one of the keys. @throws Error when no key of these is there, whole and true. */
function findInstance(entity: string, keys: readonly KeyShape[], representation: Args): number {
  const instances = Array.from({ length: INSTANCES }, (_, i) => i);
  for (const n of [...instances, ...instances.map((i) => DANGLING_FROM + i)]) {
    const isMeant = keys.some((shape) => contains(representation, keyOf(entity, shape, n)));
    if (isMeant) return n;
  }
  throw fault(`a representation of ${entity} without a key: ${JSON.stringify(representation)}`);
}

function contains(source: Args, part: Args): boolean {
  return Object.entries(part).every(([name, value]) => {
    const there = source[name];
    if (typeof value !== 'object' || value === null) return there === value;
    return typeof there === 'object' && there !== null && contains(there as Args, value as Args);
  });
}

/** What a gateway did wrong, in words that reach the report. */
function fault(message: string): DomainError {
  return new DomainError('CONFLICT', message);
}

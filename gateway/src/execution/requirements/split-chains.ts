import type { QueryPlan } from '@apollo/query-planner';
import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  parse,
  print,
  visit,
} from 'graphql';
import { dropUnused } from './drop-unused.ts';
import {
  type FieldsType,
  fieldsAskedByInterfaces,
  graphNamesOf,
  hasFields,
  joinFieldsOf,
  mapFields,
  namedTypeOf,
  parseFieldSet,
  stringArgument,
  type TypesByName,
  typesByName,
} from './field-set.ts';

/** How the planner's copy of a supergraph differs: subgraphs that are a part of another one under a name of their own. */
export type SplitGraphs = {
  readonly supergraph: DocumentNode;
  /** Name of the part -> name of the subgraph that it belongs to. */
  readonly realNames: ReadonlyMap<string, string>;
};

/** A field that requires others and is itself required. */
type Link = { readonly typeName: string; readonly fieldName: string; readonly graph: string; readonly part: string };
type Split = Link & { readonly types: TypesByName };

/**
 * Gives every field in the middle of a chain of requirements a subgraph of its own. Where an entity is met in the
 * subgraph that owns such a field, the planner asks for it there and then, without what it requires; it does not where
 * the owner has another name. Null when there is no such chain.
 */
export function splitChains(supergraph: DocumentNode): SplitGraphs | null {
  const links = findLinks(supergraph);
  if (links.length === 0) return null;
  const realNames = new Map<string, string>();
  const definitions = links.reduce<readonly DefinitionNode[]>((nodes, link) => {
    const types = typesByName({ ...supergraph, definitions: nodes });
    return nodes.map((node) => splitDefinition(node, { ...link, types }, realNames));
  }, supergraph.definitions);
  const split = parse(print({ ...supergraph, definitions }));
  return { supergraph: { ...split, definitions: split.definitions.map((node) => dropUnused(node, split)) }, realNames };
}

function findLinks(supergraph: DocumentNode): Link[] {
  const types = typesByName(supergraph);
  const required = new Set<string>();
  for (const type of types.values()) {
    for (const join of (type.fields ?? []).flatMap(joinFieldsOf)) {
      const text = stringArgument(join, 'requires');
      if (text === undefined) continue;
      mapFields(types, { typeName: type.name.value, selectionSet: parseFieldSet(text) }, (typeName, node) => {
        required.add(`${typeName}.${node.name.value}`);
        return node;
      });
    }
  }
  const links = [...types.values()].flatMap((type) =>
    (type.fields ?? []).flatMap((field) => {
      if (!required.has(`${type.name.value}.${field.name.value}`)) return [];
      return joinFieldsOf(field).flatMap((join) => {
        const graph = stringArgument(join, 'graph');
        if (graph === undefined || stringArgument(join, 'requires') === undefined) return [];
        return [{ typeName: type.name.value, fieldName: field.name.value, graph }];
      });
    }),
  );
  const mark = freeMark(supergraph);
  return links.map((link, i) => ({ ...link, part: `${link.graph}${mark}${i}` }));
}

/** What no subgraph has in its name. */
function freeMark(supergraph: DocumentNode): string {
  const names = graphNamesOf(supergraph).flatMap(({ graph, subgraph }) => [graph, subgraph]);
  let mark = '_PART_';
  while (names.some((name) => name.includes(mark))) mark += '_';
  return mark;
}

function splitDefinition(node: DefinitionNode, link: Split, realNames: Map<string, string>): DefinitionNode {
  if (node.kind === Kind.ENUM_TYPE_DEFINITION && node.name.value === 'join__Graph')
    return addGraph(node, link, realNames);
  if (!hasFields(node)) return copyJoins(node, link);
  if (node.name.value === link.typeName) return splitOwner(node, link);
  const isRoot = ['Query', 'Mutation', 'Subscription'].includes(node.name.value);
  return isRoot ? splitRoot(node, link) : splitOther(node, link);
}

type EnumNode = Extract<DefinitionNode, { kind: Kind.ENUM_TYPE_DEFINITION }>;

function addGraph(node: EnumNode, { graph, part }: Link, realNames: Map<string, string>): EnumNode {
  const values = (node.values ?? []).flatMap((value) => {
    if (value.name.value !== graph) return [value];
    const directives = (value.directives ?? []).map((directive) => {
      const name = stringArgument(directive, 'name') ?? '';
      const partName = `${name}__${part}`;
      realNames.set(partName, realNames.get(name) ?? name);
      return withString(directive, 'name', partName);
    });
    return [value, { ...value, name: { ...value.name, value: part }, directives }];
  });
  return { ...node, values };
}

/**
 * The type with the link: in the part it has its keys, what the link requires, what fields of other types provide of it,
 * and the link.
 */
function splitOwner(node: FieldsType, link: Split): FieldsType {
  const { fieldName, graph, part, types } = link;
  // Where an interface asks for the link, the graph keeps it as a field that it does not resolve.
  const isAsked = fieldsAskedByInterfaces(node, graph, types).has(fieldName);
  const keys = (node.directives ?? []).filter((join) => isOf(join, 'join__type', graph));
  const needed = neededInPart(node, keys, link);
  const fields = spelledOut(node).map((field) => {
    const isLink = field.name.value === fieldName;
    const directives = (field.directives ?? []).flatMap((join) => {
      if (!isOf(join, 'join__field', graph)) return [join];
      if (isLink && stringArgument(join, 'requires') !== undefined) {
        return [...(isAsked ? [asExternal(join)] : []), inGraph(join, part)];
      }
      return needed.has(field.name.value) ? [join, withoutRequires(inGraph(join, part))] : [join];
    });
    return { ...field, directives };
  });
  return {
    ...node,
    fields,
    directives: [...(node.directives ?? []), ...keys.map((join) => inGraph(join, part))],
  } as FieldsType;
}

/** The names of the fields of the type with the link that its part has beside the link. */
function neededInPart(
  node: FieldsType,
  keys: readonly ConstDirectiveNode[],
  { fieldName, graph, types }: Split,
): ReadonlySet<string> {
  const owner = node.name.value;
  const needed = new Set<string>();
  const add = (text: string | undefined, on: string): void => {
    if (text === undefined) return;
    mapFields(types, { typeName: on, selectionSet: parseFieldSet(text) }, (typeName, field) => {
      if (typeName === owner || node.interfaces?.some(({ name }) => name.value === typeName)) {
        needed.add(field.name.value);
      }
      return field;
    });
  };
  for (const join of keys) add(stringArgument(join, 'key'), owner);
  for (const field of node.fields ?? []) {
    if (field.name.value !== fieldName) continue;
    for (const join of joinsIn(field, graph)) add(stringArgument(join, 'requires'), owner);
  }
  for (const type of types.values()) {
    for (const field of type.fields ?? []) {
      for (const join of joinsIn(field, graph)) add(stringArgument(join, 'provides'), namedTypeOf(field.type));
    }
  }
  return needed;
}

function joinsIn(field: FieldDefinitionNode, graph: string): ConstDirectiveNode[] {
  return joinFieldsOf(field).filter((join) => isOf(join, 'join__field', graph));
}

/** Another type: in the part it has what it has in the graph, but is not entered by key, and requires nothing. */
function splitOther(node: FieldsType, { graph, part, types }: Split): FieldsType {
  const asked = fieldsAskedByInterfaces(node, graph, types);
  const joins = (node.directives ?? []).filter((join) => isOf(join, null, graph));
  const fields = spelledOut(node).map((field) => {
    const copies = joinsIn(field, graph).flatMap((join) => {
      if (stringArgument(join, 'requires') === undefined) return [join];
      return asked.has(field.name.value) ? [asExternal(join)] : [];
    });
    return { ...field, directives: [...(field.directives ?? []), ...copies.map((join) => inGraph(join, part))] };
  });
  const copies = joins.map((join) => notResolvable(inGraph(join, part)));
  return { ...node, fields, directives: [...(node.directives ?? []), ...copies] } as FieldsType;
}

/** Every subgraph has a root for entities; fields of the root stay where they are. */
function splitRoot(node: FieldsType, { graph, part }: Link): FieldsType {
  const copies = (node.directives ?? [])
    .filter((join) => isOf(join, 'join__type', graph))
    .map((join) => inGraph(join, part));
  const isQuery = node.name.value === 'Query';
  return {
    ...node,
    fields: spelledOut(node),
    directives: [...(node.directives ?? []), ...(isQuery ? copies : [])],
  } as FieldsType;
}

/** Scalars, enums, unions and input objects: in the part as in the graph. */
function copyJoins(node: DefinitionNode, { graph, part }: Link): DefinitionNode {
  const copy = <Node extends { readonly directives?: readonly ConstDirectiveNode[] | undefined }>(it: Node): Node => {
    const copies = (it.directives ?? []).filter((join) => isOf(join, null, graph)).map((join) => inGraph(join, part));
    return copies.length > 0 ? { ...it, directives: [...(it.directives ?? []), ...copies] } : it;
  };
  return visit(node, {
    ScalarTypeDefinition: { leave: copy },
    UnionTypeDefinition: { leave: copy },
    EnumTypeDefinition: { leave: copy },
    EnumValueDefinition: { leave: copy },
    InputObjectTypeDefinition: { leave: copy },
    InputValueDefinition: { leave: copy },
  });
}

/** A field without `@join__field` is in every subgraph of its type: said of each, a new one does not count. */
function spelledOut(node: FieldsType): NonNullable<FieldsType['fields']> {
  const types = (node.directives ?? []).filter(({ name }) => name.value === 'join__type');
  const graphs = [...new Set(types.flatMap((join) => stringArgument(join, 'graph') ?? []))];
  return (node.fields ?? []).map((field) =>
    joinFieldsOf(field).length > 0
      ? field
      : { ...field, directives: [...(field.directives ?? []), ...graphs.map(joinField)] },
  );
}

function isOf(join: ConstDirectiveNode, name: string | null, graph: string): boolean {
  const isJoin = name === null ? join.name.value.startsWith('join__') : join.name.value === name;
  return isJoin && stringArgument(join, 'graph') === graph;
}

function inGraph(join: ConstDirectiveNode, graph: string): ConstDirectiveNode {
  const given = (join.arguments ?? []).map((argument) =>
    argument.name.value === 'graph' ? { ...argument, value: { kind: Kind.ENUM, value: graph } as const } : argument,
  );
  return { ...join, arguments: given };
}

function asExternal(join: ConstDirectiveNode): ConstDirectiveNode {
  const others = (withoutRequires(join).arguments ?? []).filter(({ name }) => name.value !== 'external');
  const value = { kind: Kind.BOOLEAN, value: true } as const;
  return {
    ...join,
    arguments: [...others, { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: 'external' }, value }],
  };
}

function withoutRequires(join: ConstDirectiveNode): ConstDirectiveNode {
  return { ...join, arguments: (join.arguments ?? []).filter(({ name }) => name.value !== 'requires') };
}

function notResolvable(join: ConstDirectiveNode): ConstDirectiveNode {
  if (join.name.value !== 'join__type' || stringArgument(join, 'key') === undefined) return join;
  const value = { kind: Kind.BOOLEAN, value: false } as const;
  const others = (join.arguments ?? []).filter(({ name }) => name.value !== 'resolvable');
  return {
    ...join,
    arguments: [...others, { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: 'resolvable' }, value }],
  };
}

function withString(directive: ConstDirectiveNode, name: string, text: string): ConstDirectiveNode {
  const given = (directive.arguments ?? []).map((argument) =>
    argument.name.value === name ? { ...argument, value: { kind: Kind.STRING, value: text } as const } : argument,
  );
  return { ...directive, arguments: given };
}

function joinField(graph: string): ConstDirectiveNode {
  const value = { kind: Kind.ENUM, value: graph } as const;
  const argument = { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: 'graph' }, value } as const;
  return { kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: 'join__field' }, arguments: [argument] };
}

/** A plan whose fetches go to real subgraphs. */
export function withRealGraphs(plan: QueryPlan, realNames: ReadonlyMap<string, string>): QueryPlan {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    const node = value as Readonly<Record<string, unknown>>;
    if (node.kind === 'Fetch')
      return { ...node, serviceName: realNames.get(String(node.serviceName)) ?? node.serviceName };
    return Object.fromEntries(Object.entries(node).map(([key, inner]) => [key, walk(inner)]));
  };
  return { ...plan, ...(plan.node ? { node: walk(plan.node) as NonNullable<QueryPlan['node']> } : {}) };
}

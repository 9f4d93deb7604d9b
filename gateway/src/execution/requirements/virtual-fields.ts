import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type FieldNode,
  Kind,
  parse,
  print,
} from 'graphql';
import { dropUnused } from './drop-unused.ts';
import {
  type FieldsType,
  graphNamesOf,
  hasFields,
  implementationsOf,
  interfaceObjectFieldsIn,
  isExternal,
  JOIN_FIELD,
  joinFieldsOf,
  mapFields,
  parseFieldSet,
  printFieldSet,
  stringArgument,
  type TypesByName,
  typesByName,
} from './field-set.ts';

/** A required field with its arguments, or a required object with its selection, under a name of its own. */
export type VirtualField = { readonly name: string; readonly realName: string; readonly argumentsText: string };

/** How the planner's copy of a supergraph differs from the supergraph. */
export type VirtualFields = {
  /** Virtual name -> what it stands for. */
  readonly byName: ReadonlyMap<string, VirtualField>;
  /** The virtual fields that `<subgraph>.<type>.<field>` requires. */
  readonly requiredBy: (subgraph: string, typeName: string, fieldName: string) => ReadonlySet<string>;
};

/**
 * The supergraph as the planner shall see it. The planner takes two selections of one field for the same whatever their
 * arguments are, so that of `@requires(fields: "price(currency: USD)")` and `@requires(fields: "price(currency: EUR)")`
 * one gets the other's price. In the copy each required field with arguments is a field of its own without arguments;
 * `restoreFields` puts the real ones back into the plan. The same for the objects that `apart` names (`Type.field`), which
 * shall not share a selection with what a client asks of them. Null when there is nothing of either: nothing to do.
 */
export function virtualiseRequirements(
  supergraph: DocumentNode,
  apart: ReadonlySet<string>,
): { readonly supergraph: DocumentNode; readonly virtual: VirtualFields } | null {
  const types = typesByName(supergraph);
  const found = collectVirtual(types, apart);
  if (found.byKey.size === 0) return null;
  const definitions = supergraph.definitions.map((node) => (hasFields(node) ? rewriteType(node, types, found) : node));
  const rewritten = { ...supergraph, definitions };
  const graphNames = new Map(graphNamesOf(supergraph).map(({ graph, subgraph }) => [subgraph, graph]));
  const none: ReadonlySet<string> = new Set();
  return {
    supergraph: parse(
      print({ ...rewritten, definitions: rewritten.definitions.map((node) => dropUnused(node, rewritten)) }),
    ),
    virtual: {
      byName: new Map([...found.byKey.values()].map((field) => [field.name, field])),
      requiredBy: (subgraph, typeName, fieldName) =>
        found.requiredBy.get(`${graphNames.get(subgraph)}.${typeName}.${fieldName}`) ?? none,
    },
  };
}

/** The names that `virtualiseRequirements` gives. */
export function virtualNamesOf(supergraph: DocumentNode, apart: ReadonlySet<string>): string[] {
  const types = typesByName(supergraph);
  return [...collectVirtual(types, apart).byKey.values()].map(({ name }) => name);
}

type Found = {
  /** `Type.field(arguments)` -> its virtual field. */
  readonly byKey: Map<string, VirtualField>;
  /** `Type.field` -> keys of its virtual fields, with the graphs that require each. */
  readonly ofField: Map<string, Map<string, Set<string>>>;
  /** `GRAPH.Type.field` -> names of the virtual fields that it requires. */
  readonly requiredBy: Map<string, Set<string>>;
};

/** Every requirement of a field that somebody requires with arguments (that without is one of them), and what is `apart`. */
function collectVirtual(types: TypesByName, apart: ReadonlySet<string>): Found {
  const found: Found = { byKey: new Map(), ofField: new Map(), requiredBy: new Map() };
  const meant = new Set(apart);
  visitRequired(types, ({ typeName, node }) => {
    if (node.arguments?.length) meant.add(`${typeName}.${node.name.value}`);
  });
  visitRequired(types, (required) => {
    if (meant.has(`${required.typeName}.${required.node.name.value}`)) note(found, required, types);
  });
  return found;
}

/** A field in the requirement of another. */
type Required = {
  /** The type that it is selected on. */
  readonly typeName: string;
  readonly node: FieldNode;
  readonly graph: string;
  /** `GRAPH.Type.field` of the one that requires it. */
  readonly holder: string;
};

function visitRequired(types: TypesByName, visit: (required: Required) => void): void {
  for (const type of types.values()) {
    for (const field of type.fields ?? []) {
      for (const join of joinFieldsOf(field)) {
        const requires = stringArgument(join, 'requires');
        if (requires === undefined) continue;
        const graph = stringArgument(join, 'graph') ?? '';
        const holder = `${graph}.${type.name.value}.${field.name.value}`;
        mapFields(types, { typeName: type.name.value, selectionSet: parseFieldSet(requires) }, (typeName, node) => {
          visit({ typeName, node, graph, holder });
          return node;
        });
      }
    }
  }
}

function note(found: Found, at: Required, types: TypesByName): void {
  const key = keyOf(at.typeName, at.node);
  const virtual = found.byKey.get(key) ?? createVirtual(at.node, found, types);
  found.byKey.set(key, virtual);
  const above = interfaceObjectsWith(at, types);
  const holders = [at.typeName, ...above];
  for (const typeName of new Set([...holders, ...holders.flatMap((name) => implementationsOf(name, types))])) {
    const field = `${typeName}.${at.node.name.value}`;
    const ofField = found.ofField.get(field) ?? new Map<string, Set<string>>();
    found.ofField.set(field, ofField.set(key, (ofField.get(key) ?? new Set()).add(at.graph)));
  }
  found.requiredBy.set(at.holder, (found.requiredBy.get(at.holder) ?? new Set()).add(virtual.name));
}

/** The interfaces of a type by which it has the field, since some subgraph knows them as objects. */
function interfaceObjectsWith({ typeName, node }: Required, types: TypesByName): string[] {
  const interfaces = types.get(typeName)?.interfaces ?? [];
  return interfaces
    .map(({ name }) => name.value)
    .filter((name) => interfaceObjectFieldsIn(types.get(name)).has(node.name.value));
}

function keyOf(typeName: string, node: FieldNode): string {
  return `${typeName}.${node.name.value}${argumentsOf(node)}`;
}

function argumentsOf(node: FieldNode): string {
  return node.arguments?.length ? `(${node.arguments.map(print).sort().join(', ')})` : '';
}

function createVirtual(node: FieldNode, { byKey }: Found, types: TypesByName): VirtualField {
  const realName = node.name.value;
  const taken = new Set([...types.values()].flatMap(({ fields }) => (fields ?? []).map(({ name }) => name.value)));
  let number = byKey.size;
  while (taken.has(`${realName}_r${number}`)) number++;
  return { name: `${realName}_r${number}`, realName, argumentsText: argumentsOf(node) };
}

/** A type with its virtual fields, and requirements that name those. */
function rewriteType<Type extends FieldsType>(type: Type, types: TypesByName, found: Found): Type {
  const fields = (type.fields ?? []).flatMap((field) => {
    const rewritten = rewriteRequirements(type.name.value, field, { types, found });
    return [rewritten, ...virtualFieldsOf(type, rewritten, found)];
  });
  return { ...type, fields };
}

function rewriteRequirements(
  typeName: string,
  field: FieldDefinitionNode,
  { types, found }: { readonly types: TypesByName; readonly found: Found },
): FieldDefinitionNode {
  const directives = (field.directives ?? []).map((directive) => {
    const requires = directive.name.value === 'join__field' ? stringArgument(directive, 'requires') : undefined;
    if (requires === undefined) return directive;
    const selectionSet = mapFields(types, { typeName, selectionSet: parseFieldSet(requires) }, (parent, node) => {
      const virtual = found.byKey.get(keyOf(parent, node));
      if (!virtual) return node;
      return { ...node, name: { kind: Kind.NAME, value: virtual.name }, arguments: [] };
    });
    return withArgument(directive, 'requires', printFieldSet(selectionSet));
  });
  return { ...field, directives };
}

/** The virtual fields that stand for `field`: where it is resolved, and external where they are required. */
function virtualFieldsOf(type: FieldsType, field: FieldDefinitionNode, found: Found): FieldDefinitionNode[] {
  const ofField = found.ofField.get(`${type.name.value}.${field.name.value}`) ?? new Map<string, Set<string>>();
  return [...ofField].flatMap(([key, graphs]) => {
    const virtual = found.byKey.get(key);
    if (!virtual) return [];
    const own = joinFieldsOf(field);
    const everywhere = own.length > 0 ? own : graphsOf(type).map(joinFieldOf);
    const kept = everywhere.filter((join) => !isExternal(join) || graphs.has(stringArgument(join, 'graph') ?? ''));
    const directives = kept.length > 0 ? kept : [JOIN_FIELD];
    return [{ ...field, name: { kind: Kind.NAME, value: virtual.name }, arguments: [], directives }];
  });
}

function graphsOf({ directives }: FieldsType): string[] {
  const joins = (directives ?? []).filter(({ name }) => name.value === 'join__type');
  return [...new Set(joins.flatMap((join) => stringArgument(join, 'graph') ?? []))];
}

function joinFieldOf(graph: string): ConstDirectiveNode {
  const value = { kind: Kind.ENUM, value: graph } as const;
  const argument = { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: 'graph' }, value } as const;
  return { ...JOIN_FIELD, arguments: [argument] };
}

function withArgument(directive: ConstDirectiveNode, name: string, text: string): ConstDirectiveNode {
  const given = (directive.arguments ?? []).map((argument) =>
    argument.name.value === name ? { ...argument, value: { kind: Kind.STRING, value: text } as const } : argument,
  );
  return { ...directive, arguments: given };
}

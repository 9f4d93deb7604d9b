import {
  type ArgModel,
  type EntityModel,
  externalsOf,
  type FieldModel,
  type GraphModel,
  getField,
  type InterfaceModel,
  interfacesOf,
  printCommon,
  type RequiredField,
  SHAPE_FIELD,
  shapesOf,
  type TypeModel,
  toTypeText,
  type UnionModel,
} from './model.ts';

/** The SDL of one subgraph. */
export function printSubgraph(graph: GraphModel, subgraph: string): string {
  const types = [...graph.types.values()].map((type) => printTypeIn({ graph, subgraph }, type));
  return [printCommon([subgraph], false), ...types, ...printRoots(graph, subgraph)]
    .filter((text) => text !== '')
    .join('\n');
}

/** The SDL of the one schema that has everything; `isLenient`: where every field may be null. */
export function printMonolith(graph: GraphModel, isLenient: boolean): string {
  const types = [...graph.types.values()].map((type) => printWhole(graph, type));
  const roots = [printBlock('type Query', graph.query.map(printField))];
  if (graph.mutation.length > 0) roots.push(printBlock('type Mutation', graph.mutation.map(printField)));
  const lines = [...types, ...roots].join('\n').split('\n');
  // What follows the arguments is the field's type; a line has one field.
  const lenient = lines.map((line) => (line.startsWith('  ') ? line.replace(/: [^:()]*$/, dropBangs) : line));
  return [printCommon(graph.subgraphs, true), ...(isLenient ? lenient : lines)].join('\n');
}

function dropBangs(type: string): string {
  return type.replaceAll('!', '');
}

type Where = { readonly graph: GraphModel; readonly subgraph: string };

function printTypeIn({ graph, subgraph }: Where, type: TypeModel): string {
  switch (type.kind) {
    case 'entity':
      return type.presence.has(subgraph) ? printEntity({ graph, subgraph }, type) : '';
    case 'value': {
      const externals = printExternals({ graph, subgraph }, type.name);
      if (!type.subgraphs.has(subgraph)) return externals.length > 0 ? printBlock(`type ${type.name}`, externals) : '';
      const fields = type.fields.filter(({ owners }) => owners.includes(subgraph));
      return printBlock(
        `type ${type.name}${printImplements(shapesOf(graph, type.name, subgraph))} @shareable`,
        fields.map((field) => printFieldIn(field, subgraph)),
      );
    }
    case 'interface':
      return printInterface({ graph, subgraph }, type);
    case 'union': {
      const members = type.membersIn.get(subgraph) ?? [];
      return members.length === 0 ? '' : printUnion(type, members);
    }
  }
}

function printEntity({ graph, subgraph }: Where, entity: EntityModel): string {
  const presence = entity.presence.get(subgraph);
  const keys = (presence?.keys ?? []).map(
    (key) => ` @key(fields: "${key}"${presence?.isResolvable ? '' : ', resolvable: false'})`,
  );
  const external = printExternals({ graph, subgraph }, entity.name);
  const own = entity.fields.filter(({ owners }) => owners.includes(subgraph));
  const lines = own.map((field) => printFieldIn(field, subgraph));
  const overridden = entity.fields.filter(({ overrides }) => overrides === subgraph).map(printField);
  const interfaces = interfacesOf(graph, entity.name).filter(({ fieldsIn }) => fieldsIn.has(subgraph));
  const head = `type ${entity.name}${printImplements(interfaces)}${keys.join('')}`;
  return printBlock(head, [...lines, ...overridden, ...external]);
}

function printInterface({ graph, subgraph }: Where, type: InterfaceModel): string {
  const key = type.object ? ' @key(fields: "id")' : '';
  if (type.object?.subgraphs.includes(subgraph)) {
    const fields = type.object.fields.filter(({ owners }) => owners.includes(subgraph));
    const own = fields.map((field) => printFieldIn(field, subgraph));
    const externals = printExternals({ graph, subgraph }, type.name, (field) => printShared(type, field));
    return printBlock(`type ${type.name}${key} @interfaceObject`, ['id: ID!', ...own, ...externals]);
  }
  if (type.bareIn.has(subgraph)) return printBlock(`interface ${type.name}`, ['id: ID!']);
  const fields = type.fieldsIn.get(subgraph)?.map((name) => printShared(type, getField(graph, type.name, name)));
  return fields ? printBlock(`interface ${type.name}${printParent(type)}${key}`, ['id: ID!', ...fields]) : '';
}

/** What the subgraph names of a type and does not own. */
function printExternals({ graph, subgraph }: Where, typeName: string, print = printField): string[] {
  const names = externalsOf(graph, subgraph).get(typeName) ?? [];
  return [...names].map((name) => `${print(getField(graph, typeName, name))} @external`);
}

/** A field of the members as the interface has it. */
function printShared({ isLoose }: InterfaceModel, field: FieldModel): string {
  return isLoose ? printField(field).replace(/!$/, '') : printField(field);
}

function printParent({ parent }: InterfaceModel): string {
  return parent === null ? '' : ` implements ${parent}`;
}

function printRoots(graph: GraphModel, subgraph: string): string[] {
  const print = (name: string, fields: readonly FieldModel[]) => {
    const own = fields.filter(({ owners }) => owners.includes(subgraph));
    const lines = own.map((field) => printFieldIn(field, subgraph));
    return lines.length === 0 ? '' : printBlock(`type ${rootNameIn(graph, subgraph, name)}`, lines);
  };
  const roots = [print('Query', graph.query), print('Mutation', graph.mutation)];
  if (!graph.renamed.has(subgraph)) return roots;
  const names = ['query', 'mutation'].filter((_, i) => roots[i] !== '').map((name) => `${name}: Root_${name}`);
  return [...roots, printBlock('schema', names)];
}

/** The name of a root type in a subgraph. */
export function rootNameIn({ renamed }: GraphModel, subgraph: string, name: string): string {
  return renamed.has(subgraph) ? `Root_${name.toLowerCase()}` : name;
}

function printFieldIn(field: FieldModel, subgraph: string): string {
  const [, ...inner] = field.type.nonNulls;
  const isStrict = field.strictIn === subgraph;
  const type = isStrict ? { ...field.type, nonNulls: [true, ...inner] } : field.type;
  return printField({ ...field, type }) + printTags(field, subgraph);
}

function printTags(field: FieldModel, subgraph: string): string {
  const { owners, requires, provides, providesBelow, overrides, key } = field;
  return [
    (owners.length > 1 || field.isProvided) && key === null ? ' @shareable' : '',
    requires.length > 0 ? ` @requires(fields: "${printRequires(requires)}")` : '',
    provides === null ? '' : ` @provides(fields: "${provides}${providesBelow ? ` { ${providesBelow} }` : ''}")`,
    overrides === null ? '' : ` @override(from: "${overrides}")`,
    field.isInaccessible && owners[0] === subgraph ? ' @inaccessible' : '',
  ].join('');
}

function printRequires(required: readonly RequiredField[]): string {
  const print = ({ field, args, selection }: RequiredField): string => {
    const given = Object.entries(args).map(
      ([name, value]) => `${name}: ${JSON.stringify(value).replaceAll('"', '\\"')}`,
    );
    const below = selection.length > 0 ? ` { ${printRequires(selection)} }` : '';
    return `${field}${given.length > 0 ? `(${given.join(', ')})` : ''}${below}`;
  };
  return required.map(print).join(' ');
}

function printWhole(graph: GraphModel, type: TypeModel): string {
  switch (type.kind) {
    case 'entity': {
      const interfaces = interfacesOf(graph, type.name);
      const fields = [...type.fields, ...interfaces.flatMap(({ object }) => object?.fields ?? [])];
      const visible = fields.filter(({ isInaccessible }) => !isInaccessible);
      return printBlock(`type ${type.name}${printImplements(interfaces)}`, visible.map(printField));
    }
    case 'value':
      return type.subgraphs.size === 0
        ? ''
        : printBlock(
            `type ${type.name}${printImplements(shapesOf(graph, type.name, null))}`,
            type.fields.map(printField),
          );
    case 'interface': {
      const names = new Set([...type.fieldsIn.values()].flat());
      const shared = [...names].map((name) => getField(graph, type.name, name));
      const fields = [
        ...shared.map((field) => printShared(type, field)),
        ...(type.object?.fields ?? []).map(printField),
      ];
      return printBlock(`interface ${type.name}${printParent(type)}`, ['id: ID!', ...fields]);
    }
    case 'union':
      return printUnion(type, [...new Set([...type.membersIn.values()].flat())]);
  }
}

function printUnion({ name, isInterface }: UnionModel, members: readonly string[]): string {
  if (isInterface) return printBlock(`interface ${name}`, [`${SHAPE_FIELD}: String`]);
  return `union ${name} = ${members.join(' | ')}`;
}

function printImplements(interfaces: readonly { readonly name: string }[]): string {
  return interfaces.length > 0 ? ` implements ${interfaces.map(({ name }) => name).join(' & ')}` : '';
}

function printBlock(head: string, lines: readonly string[]): string {
  return `${head} {\n${lines.map((line) => `  ${line}`).join('\n')}\n}`;
}

function printField({ name, args, type }: FieldModel): string {
  return `${name}${args.length > 0 ? `(${args.map(printArg).join(', ')})` : ''}: ${toTypeText(type)}`;
}

function printArg({ name, type, defaultValue }: ArgModel): string {
  const literal = type.base === 'Color' ? String(defaultValue) : JSON.stringify(defaultValue);
  return `${name}: ${toTypeText(type)}${defaultValue === undefined ? '' : ` = ${literal}`}`;
}

import {
  type DocumentNode,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  printSchema,
  TypeInfo,
  typeFromAST,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/** Fields of the root that tell of the schema. */
const INTROSPECTION: ReadonlySet<string> = new Set(['__schema', '__type']);
/** No type has this name. */
const WHOLE_SCHEMA = '';

/**
 * The shape of everything in a schema that a valid document uses: fields, arguments, inputs, enum values, and which
 * objects stand behind interfaces and unions; all of it where the document asks for the schema itself. Equal texts: the
 * operation reads, checks and prints the same in both.
 */
export function describeUsedTypes(document: DocumentNode, schema: GraphQLSchema): string {
  const used = new Map<string, string>();
  const addType = (type: GraphQLNamedType | undefined): void => {
    if (!type || used.has(type.name)) return;
    used.set(type.name, describeType(type, schema));
    if (isInputObjectType(type)) for (const { type: of } of Object.values(type.getFields())) addType(getNamedType(of));
  };
  const info = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(info, {
      Field({ name }) {
        const asksForAll = INTROSPECTION.has(name.value) && !used.has(WHOLE_SCHEMA);
        if (asksForAll) used.set(WHOLE_SCHEMA, printSchema(schema));
        const field = info.getFieldDef();
        const parent = info.getParentType();
        if (!field || !parent) return;
        const args = field.args.map(describeInput).join(',');
        used.set(`${parent.name}.${field.name}`, `(${args}):${field.type}`);
        // An object may promise more of a field than its interface does.
        const holders = isInterfaceType(parent) ? schema.getPossibleTypes(parent) : [];
        for (const holder of holders) {
          used.set(`${holder.name}.${field.name} by ${parent.name}`, `${holder.getFields()[field.name]?.type}`);
        }
        addType(parent);
        addType(getNamedType(field.type));
        for (const { type } of field.args) addType(getNamedType(type));
      },
      NamedType(node) {
        addType(typeFromAST(schema, node));
      },
    }),
  );
  return [...used]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map((entry) => entry.join(' '))
    .join('\n');
}

function describeType(type: GraphQLNamedType, schema: GraphQLSchema): string {
  if (isEnumType(type)) return `enum ${type.getValues().map(({ name }) => name)}`;
  if (isInputObjectType(type))
    return `input${type.isOneOf ? ' @oneOf' : ''} ${Object.values(type.getFields()).map(describeInput)}`;
  if (isAbstractType(type)) return `abstract ${namesOf(schema.getPossibleTypes(type))}`;
  if (isObjectType(type)) return `object ${namesOf(type.getInterfaces())}`;
  return 'scalar';
}

function describeInput({ name, type, defaultValue }: GraphQLArgument | GraphQLInputField): string {
  return `${name}:${type}${defaultValue === undefined ? '' : `=${JSON.stringify(defaultValue)}`}`;
}

function namesOf(types: readonly GraphQLNamedType[]): string {
  return types
    .map(({ name }) => name)
    .sort()
    .join('|');
}

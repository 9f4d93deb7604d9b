import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  parse,
  type StringValueNode,
  type TypeDefinitionNode,
} from 'graphql';

/** Roots describe themselves, and what federation adds is not ours to describe. */
const SELF_EVIDENT_TYPES: ReadonlySet<string> = new Set(['Query', 'Mutation', 'Subscription']);
/** Words that say nothing beside the name itself, without a plural's s. */
const EMPTY_WORDS: ReadonlySet<string> = new Set(
  'and it of on the thi that for to in with which field type value object enum input argument'.split(' '),
);
/** Below this, a sentence is hardly one. */
const DESCRIPTION_CHARS_MIN = 8;

type Described = {
  readonly description?: StringValueNode | undefined;
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
};

/**
 * What is missing for the SDL of a subgraph to be its own manual: one line per type, field, argument, input field and
 * enum value that has no description, or whose description only repeats its name ("The id of the order"). `@external`
 * fields and types that are only referred to (`@key(resolvable: false)`) are described where they are owned. Empty when
 * all is well.
 */
export function findUndescribed(sdl: string): string[] {
  const document: DocumentNode = parse(sdl);
  return document.definitions.flatMap((node) => (isTypeDefinition(node) ? rulesOfType(node) : []));
}

function isTypeDefinition(node: { readonly kind: string }): node is TypeDefinitionNode {
  return TYPE_KINDS.has(node.kind);
}

const TYPE_KINDS: ReadonlySet<string> = new Set([
  Kind.SCALAR_TYPE_DEFINITION,
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.UNION_TYPE_DEFINITION,
  Kind.ENUM_TYPE_DEFINITION,
  Kind.INPUT_OBJECT_TYPE_DEFINITION,
]);

function rulesOfType(node: TypeDefinitionNode): string[] {
  const typeName = node.name.value;
  if (isReference(node)) return [];
  const own = SELF_EVIDENT_TYPES.has(typeName) ? [] : check(node, [typeName]);
  if (node.kind === Kind.ENUM_TYPE_DEFINITION) {
    return [...own, ...(node.values ?? []).flatMap((value) => check(value, [typeName, value.name.value]))];
  }
  if (!('fields' in node)) return own;
  const fields: readonly (FieldDefinitionNode | InputValueDefinitionNode)[] = node.fields ?? [];
  return [...own, ...fields.flatMap((field) => rulesOfField(field, typeName))];
}

function rulesOfField(field: FieldDefinitionNode | InputValueDefinitionNode, typeName: string): string[] {
  const path = [typeName, field.name.value];
  const args = field.kind === Kind.FIELD_DEFINITION ? (field.arguments ?? []) : [];
  return [...check(field, path), ...args.flatMap((arg) => check(arg, [...path, arg.name.value]))];
}

function check(node: Described, path: readonly string[]): string[] {
  if (node.directives?.some(({ name }) => name.value === 'external')) return [];
  const text = node.description?.value.trim() ?? '';
  const name = path.join('.');
  if (text === '') return [`${name}: no description`];
  // A value in backticks is always news.
  if (text.includes('`')) return [];
  if (text.length < DESCRIPTION_CHARS_MIN || isRepetition(text, path)) return [`${name}: says no more than its name`];
  return [];
}

/** Whether the whole name is said and every other word stands in the path already: "The id of the order" on `Order.id`. */
function isRepetition(text: string, path: readonly string[]): boolean {
  const known = new Set(path.flatMap(wordsOf));
  const words = wordsOf(text);
  const name = wordsOf(path.at(-1) ?? '');
  return name.every((word) => words.includes(word)) && words.every((word) => known.has(word) || EMPTY_WORDS.has(word));
}

function isReference(node: Described): boolean {
  return (node.directives ?? []).some(
    ({ name, arguments: args }) =>
      name.value === 'key' &&
      args?.some((arg) => arg.name.value === 'resolvable' && arg.value.kind === Kind.BOOLEAN && !arg.value.value),
  );
}

function wordsOf(text: string): string[] {
  const spaced = text.replace(/([a-z0-9])([A-Z])/g, '$1 $2');
  const words = spaced.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return words.filter((word) => word.length > 1).map((word) => word.replace(/s$/, ''));
}

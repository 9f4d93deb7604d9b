// The schema by introspection, as the documentation needs it: types by name, and a search over everything.

const TYPE_REF = 'kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } }';
const INPUT = `name description defaultValue type { ${TYPE_REF} }`;

export const INTROSPECTION = `query ExplorerSchema {
  __schema {
    queryType { name } mutationType { name } subscriptionType { name }
    types {
      kind name description
      fields(includeDeprecated: true) {
        name description isDeprecated deprecationReason args { ${INPUT} } type { ${TYPE_REF} }
      }
      inputFields { ${INPUT} }
      enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
      interfaces { name } possibleTypes { name }
    }
  }
}`;

const RESULTS_MAX = 60;

export function createSchema({ __schema }) {
  const types = new Map(__schema.types.filter((type) => !type.name.startsWith('__')).map((type) => [type.name, type]));
  const roots = [__schema.queryType, __schema.mutationType, __schema.subscriptionType].flatMap(
    (root) => root?.name ?? [],
  );
  return { types, roots, search: (words) => search(types, words) };
}

/** `[Game!]!` as text, and the name of the type inside. */
export function printType(type) {
  if (type.kind === 'NON_NULL') return `${printType(type.ofType)}!`;
  if (type.kind === 'LIST') return `[${printType(type.ofType)}]`;
  return type.name;
}

export function innerType(type) {
  return type.ofType ? innerType(type.ofType) : type.name;
}

/** Types, fields, inputs and values that have all the words; a hit in the name comes before one in the description. */
function search(types, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const hits = [];
  const consider = (type, member) => {
    const name = (member ? `${type.name}.${member.name}` : type.name).toLowerCase();
    const says = `${name} ${(member ?? type).description ?? ''}`.toLowerCase();
    if (!words.every((word) => says.includes(word))) return;
    const own = (member ?? type).name.toLowerCase();
    const rank =
      own === words[0]
        ? 0
        : words.every((word) => own.includes(word))
          ? 1
          : words.every((word) => name.includes(word))
            ? 2
            : 3;
    hits.push({ type, member, rank });
  };
  for (const type of types.values()) {
    consider(type, null);
    for (const member of membersOf(type)) consider(type, member);
  }
  hits.sort((left, right) => left.rank - right.rank);
  return { hits: hits.slice(0, RESULTS_MAX), total: hits.length };
}

export function membersOf(type) {
  return [...(type.fields ?? []), ...(type.inputFields ?? []), ...(type.enumValues ?? [])];
}

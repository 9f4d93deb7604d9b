import { type DocumentNode, type GraphQLFormattedError, getLocation, Kind, type VariableNode, visit } from 'graphql';

/** Directives whose `if` may not be null. */
const CONDITIONAL: ReadonlySet<string> = new Set(['skip', 'include', 'defer']);
const NONE: readonly VariableNode[] = [];

const known = new WeakMap<DocumentNode, readonly VariableNode[]>();

/**
 * What is wrong with variables that are null where a condition reads them: a default lets a variable that may be null
 * stand there, and the client may send null all the same.
 */
export function findNullConditions(
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
): readonly GraphQLFormattedError[] {
  const found = known.get(document) ?? findNullable(document);
  known.set(document, found);
  return found.flatMap((variable) => (variables[variable.name.value] === null ? [toError(variable)] : []));
}

/** The variables that may be null, where conditions read them. */
function findNullable(document: DocumentNode): readonly VariableNode[] {
  const nullable = new Set<string>();
  const read: VariableNode[] = [];
  visit(document, {
    VariableDefinition({ variable, type }) {
      if (type.kind !== Kind.NON_NULL_TYPE) nullable.add(variable.name.value);
    },
    Directive({ name, arguments: given }) {
      if (!CONDITIONAL.has(name.value)) return;
      for (const { name: argument, value } of given ?? []) {
        if (argument.value === 'if' && value.kind === Kind.VARIABLE) read.push(value);
      }
    },
  });
  const found = read.filter(({ name }) => nullable.has(name.value));
  return found.length > 0 ? found : NONE;
}

function toError({ loc }: VariableNode): GraphQLFormattedError {
  return {
    message: 'Argument "if" of non-null type "Boolean!" must not be null.',
    ...(loc ? { locations: [getLocation(loc.source, loc.start)] } : {}),
    extensions: { code: 'BAD_USER_INPUT' },
  };
}

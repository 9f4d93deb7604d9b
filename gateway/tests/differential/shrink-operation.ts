import {
  type ASTNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  parse,
  print,
  type SelectionNode,
  validate,
  visit,
} from 'graphql';
import type { GeneratedOperation } from './generate-operation.ts';

/** How many smaller operations are tried. */
const ATTEMPTS_MAX = 400;

/**
 * A smaller operation that still fails: without the selections, fragments' wrappings, directives and variables that it
 * can do without. `fails` tells whether a valid operation still does.
 */
export async function shrinkOperation(
  schema: GraphQLSchema,
  operation: GeneratedOperation,
  fails: (smaller: GeneratedOperation) => Promise<boolean>,
): Promise<GeneratedOperation> {
  let smallest = operation;
  let attempts = 0;
  for (let at = 0; attempts < ATTEMPTS_MAX; ) {
    const smaller = removeAt(smallest, at);
    if (!smaller) break;
    attempts += 1;
    const isValid = validate(schema, parse(smaller.source)).length === 0;
    if (isValid && (await fails(smaller))) smallest = smaller;
    else at += 1;
  }
  return smallest;
}

/** The operation without its `at`-th part, in document order; null when it has fewer. */
function removeAt({ source, variables }: GeneratedOperation, at: number): GeneratedOperation | null {
  const document = parse(source);
  let position = 0;
  const isMeant = () => position++ === at;
  let found = false;
  const remove = (value: ASTNode | readonly SelectionNode[] | null) => {
    found = true;
    return value;
  };
  const edited = visit(document, {
    SelectionSet(node) {
      const { selections } = node;
      for (const [i, selection] of selections.entries()) {
        if (found) return undefined;
        const others = selections.filter((_, other) => other !== i);
        if (others.length > 0 && isMeant()) return remove({ ...node, selections: others });
        const inner = bodyOf(document, selection);
        if (inner && isMeant())
          return remove({ ...node, selections: selections.flatMap((it, k) => (k === i ? inner : it)) });
      }
      return undefined;
    },
    Directive: () => (!found && isMeant() ? (remove(null) as null) : undefined),
  });
  if (!found) return null;
  const clean = withoutUnused(edited);
  const used = usedVariables(clean);
  const kept = Object.fromEntries(Object.entries(variables).filter(([name]) => used.has(name)));
  return { source: print(clean), variables: kept };
}

/** What a fragment selects, when it may as well stand there without it. */
function bodyOf(document: DocumentNode, selection: SelectionNode): readonly SelectionNode[] | null {
  if (selection.kind === Kind.INLINE_FRAGMENT) return selection.selectionSet.selections;
  if (selection.kind === Kind.FIELD) return null;
  const fragment = document.definitions.find(
    (node): node is FragmentDefinitionNode =>
      node.kind === Kind.FRAGMENT_DEFINITION && node.name.value === selection.name.value,
  );
  if (!fragment) return null;
  const { typeCondition, selectionSet } = fragment;
  return [{ kind: Kind.INLINE_FRAGMENT, typeCondition, directives: selection.directives ?? [], selectionSet }];
}

function withoutUnused(document: DocumentNode): DocumentNode {
  const spread = new Set<string>();
  visit(document, { FragmentSpread: ({ name }) => void spread.add(name.value) });
  const used = usedVariables(document);
  const definitions = document.definitions.filter(
    (node) => node.kind !== Kind.FRAGMENT_DEFINITION || spread.has(node.name.value),
  );
  const smaller = visit(
    { ...document, definitions },
    { VariableDefinition: ({ variable }) => (used.has(variable.name.value) ? undefined : null) },
  );
  return definitions.length < document.definitions.length ? withoutUnused(smaller) : smaller;
}

function usedVariables(document: DocumentNode): Set<string> {
  const used = new Set<string>();
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void used.add(name.value),
  });
  return used;
}

import {
  type ConstDirectiveNode,
  type DirectiveNode,
  type DocumentNode,
  type FragmentSpreadNode,
  type InlineFragmentNode,
  Kind,
  OperationTypeNode,
  parse,
  print,
  type SelectionSetNode,
  visit,
} from 'graphql';
import type { Draw } from './draw.ts';
import type { GeneratedOperation } from './generate-operation.ts';

const SWITCH = 'isDeferred';

/** Defers fragments of a query at random, and wraps some of its fields in deferred fragments; null for a mutation. */
export function deferOperation(draw: Draw, { source, variables }: GeneratedOperation): GeneratedOperation | null {
  const document = wrapFields(draw, parse(source));
  const isQuery = document.definitions.every(
    (node) => node.kind !== Kind.OPERATION_DEFINITION || node.operation === OperationTypeNode.QUERY,
  );
  if (!isQuery) return null;
  let count = 0;
  const defer = (): DirectiveNode => {
    count += 1;
    const label = draw.chance(40) ? `label: "l${count}"` : '';
    const condition = draw.chance(25) ? `if: $${SWITCH}` : '';
    const args = label || condition ? `(${label} ${condition})` : '';
    return readDirective(`@defer${args}`);
  };
  const mark = <Node extends { readonly directives?: readonly DirectiveNode[] }>(node: Node) =>
    draw.chance(45) ? { ...node, directives: [...(node.directives ?? []), defer()] } : undefined;
  const marked: DocumentNode = visit(document, { InlineFragment: { leave: mark }, FragmentSpread: { leave: mark } });
  return { source: print(declareSwitch(marked)), variables: { ...variables, [SWITCH]: draw.chance(70) } };
}

/** The operation that asks for the first part alone. */
export function leaveOutDeferred(source: string): string {
  let introspections = 0;
  const leave = (node: InlineFragmentNode | FragmentSpreadNode) => (introspections > 0 ? undefined : leaveOut(node));
  return print(
    visit(parse(source), {
      // Introspection is answered at once.
      Field: {
        enter({ name }) {
          introspections += isIntrospection(name.value) ? 1 : 0;
        },
        leave({ name }) {
          introspections -= isIntrospection(name.value) ? 1 : 0;
        },
      },
      InlineFragment: { leave },
      FragmentSpread: { leave },
    }),
  );
}

function isIntrospection(name: string): boolean {
  return name === '__schema' || name === '__type';
}

/** A deferred fragment within one that is skipped: it may have an `@skip` of its own. */
function leaveOut(node: InlineFragmentNode | FragmentSpreadNode): InlineFragmentNode | undefined {
  const directive = node.directives?.find(({ name }) => name.value === 'defer');
  if (!directive) return undefined;
  const skip = readDirective(`@skip(if: ${print(directive).includes(SWITCH) ? `$${SWITCH}` : 'true'})`);
  const directives = node.directives?.filter((one) => one !== directive) ?? [];
  return {
    kind: Kind.INLINE_FRAGMENT,
    directives: [skip],
    selectionSet: { kind: Kind.SELECTION_SET, selections: [{ ...node, directives }] },
  };
}

function wrapFields(draw: Draw, document: DocumentNode): DocumentNode {
  return visit(document, {
    SelectionSet: {
      leave(selectionSet): SelectionSetNode | undefined {
        if (!draw.chance(25)) return undefined;
        const at = draw.between(0, selectionSet.selections.length - 1);
        const inner = selectionSet.selections.slice(at);
        const fragment = { kind: Kind.INLINE_FRAGMENT, selectionSet: { kind: Kind.SELECTION_SET, selections: inner } };
        return { ...selectionSet, selections: [...selectionSet.selections.slice(0, at), fragment as never] };
      },
    },
  });
}

function declareSwitch(document: DocumentNode): DocumentNode {
  const [operation] = parse(`query Q($${SWITCH}: Boolean! = true) { __typename }`).definitions;
  const declarations = operation?.kind === Kind.OPERATION_DEFINITION ? (operation.variableDefinitions ?? []) : [];
  return visit(document, {
    OperationDefinition: (node) => ({
      ...node,
      variableDefinitions: [...(node.variableDefinitions ?? []), ...declarations],
    }),
  });
}

function readDirective(text: string): ConstDirectiveNode {
  const [operation] = parse(`{ __typename ${text} }`).definitions;
  const selection = operation?.kind === Kind.OPERATION_DEFINITION ? operation.selectionSet.selections[0] : undefined;
  const [directive] = selection?.directives ?? [];
  if (!directive) throw new TypeError(`no directive: ${text}`);
  return directive as ConstDirectiveNode;
}

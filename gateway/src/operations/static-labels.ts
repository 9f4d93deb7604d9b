import { type DirectiveNode, GraphQLError, Kind, type ValidationRule } from 'graphql';

/** Whose parts have labels. */
const LABELLED: ReadonlySet<string> = new Set(['defer', 'stream']);

/** A label tells a client's parts apart before anything runs: the specification lets no variable stand for one. */
export const staticLabels: ValidationRule = (context) => ({
  Directive(node: DirectiveNode): void {
    if (!LABELLED.has(node.name.value)) return;
    const label = node.arguments?.find(({ name }) => name.value === 'label');
    if (label?.value.kind !== Kind.VARIABLE) return;
    const message = `The label of @${node.name.value} has to be a text that stands in the document, not a variable.`;
    context.reportError(new GraphQLError(message, { nodes: label }));
  },
});

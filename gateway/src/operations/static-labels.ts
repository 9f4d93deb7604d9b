import { type DirectiveNode, GraphQLError, Kind, type StringValueNode, type ValidationRule } from 'graphql';

/** Whose parts have labels. */
const LABELLED: ReadonlySet<string> = new Set(['defer', 'stream']);

/**
 * A label tells a client's parts apart before anything runs: the specification lets no variable stand for one, and no
 * two places of a document have the same one. A fragment with a label may be spread as often as one likes.
 */
export const staticLabels: ValidationRule = (context) => {
  const places = new Map<string, StringValueNode>();
  return {
    Directive(node: DirectiveNode): void {
      if (!LABELLED.has(node.name.value)) return;
      const label = node.arguments?.find(({ name }) => name.value === 'label');
      if (label?.value.kind === Kind.VARIABLE) {
        const message = `The label of @${node.name.value} has to be a text that stands in the document, not a variable.`;
        context.reportError(new GraphQLError(message, { nodes: label }));
      }
      if (label?.value.kind !== Kind.STRING) return;
      const first = places.get(label.value.value);
      if (first) {
        const message = `The label "${label.value.value}" is given twice: each @defer has one of its own, or none.`;
        context.reportError(new GraphQLError(message, { nodes: [first, label.value] }));
      } else places.set(label.value.value, label.value);
    },
  };
};

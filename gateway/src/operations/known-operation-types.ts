import { GraphQLError, type ValidationRule } from 'graphql';

/**
 * An operation is of a type that the graph has: without mutations or subscriptions it has no root type for them, and
 * graphql-js, which then knows no field to be wrong, lets everything pass.
 */
export const knownOperationTypes: ValidationRule = (context) => ({
  OperationDefinition(node) {
    if (context.getSchema().getRootType(node.operation)) return;
    context.reportError(new GraphQLError(`The graph has no ${node.operation}s.`, { nodes: node }));
  },
});

import { type FloatValueNode, GraphQLError, type IntValueNode, type ValidationRule } from 'graphql';

/**
 * A number that no double can hold (`1e400`) is a mistake of the client, as the specification says of Float; graphql-js
 * reads it as infinity, which the planner cannot write down again.
 */
export const finiteNumbers: ValidationRule = (context) => {
  const check = (node: IntValueNode | FloatValueNode): void => {
    if (Number.isFinite(Number(node.value))) return;
    context.reportError(new GraphQLError('A number is larger than any that can be represented.', { nodes: node }));
  };
  return { IntValue: check, FloatValue: check };
};

import {
  type DirectiveNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type ValidationRule,
  visit,
} from 'graphql';

/**
 * Where `@defer` has no meaning, by its specification: on the root of a mutation, whose fields change things one after
 * the other in the order in which they are written; and in a subscription, each of whose events is one answer. There it
 * may stand with an `if` that can be false.
 */
export const deferPlaces: ValidationRule = (context) => {
  const schema = context.getSchema();
  const report = (message: string, node: DirectiveNode): void => {
    context.reportError(new GraphQLError(message, { nodes: node }));
  };
  return {
    Directive(node) {
      const parent = context.getParentType();
      if (!isDefer(node) || !parent) return;
      if (parent === schema.getMutationType()) report('The fields of a mutation cannot be deferred.', node);
      else if (parent === schema.getSubscriptionType())
        report('The fields of a subscription cannot be deferred.', node);
    },
    OperationDefinition(operation) {
      if (operation.operation !== OperationTypeNode.SUBSCRIPTION) return;
      for (const part of [operation, ...context.getRecursivelyReferencedFragments(operation)]) {
        for (const node of alwaysDeferring(part)) report('Nothing can be deferred within a subscription.', node);
      }
    },
  };
};

function alwaysDeferring(part: OperationDefinitionNode | FragmentDefinitionNode): DirectiveNode[] {
  const found: DirectiveNode[] = [];
  visit(part, {
    Directive(node) {
      if (isDefer(node) && !canBeOff(node)) found.push(node);
    },
  });
  return found;
}

function isDefer({ name }: DirectiveNode): boolean {
  return name.value === 'defer';
}

function canBeOff(node: DirectiveNode): boolean {
  const condition = node.arguments?.find(({ name }) => name.value === 'if')?.value;
  return condition?.kind === Kind.VARIABLE || (condition?.kind === Kind.BOOLEAN && !condition.value);
}

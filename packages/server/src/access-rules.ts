import type { Identity } from '@playgraph/auth/identity';
import { requireIdentity } from '@playgraph/auth/identity';
import { forbidden } from '@playgraph/kernel/errors';
import {
  type ConstDirectiveNode,
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  Kind,
} from 'graphql';

/** What a caller needs to read a field: to be signed in, and one of `scopeSets` in full (from each directive). */
export type AccessRule = { readonly scopeSets: readonly (readonly string[])[] | null };

/**
 * Makes `schema` enforce its `@authenticated` and `@requiresScopes` before a resolver runs: on the field itself, on the
 * type that it belongs to, and on the type that it gives (Federation allows neither on interfaces). The context must
 * have `identity`. The gateway checks them too; this holds when a subgraph is reached in another way.
 * @throws TypeError on `@policy`, which nothing here could enforce.
 */
export function enforceAccess(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('_')) continue;
    for (const field of Object.values(type.getFields())) {
      const rules = rulesOf(type, field);
      if (rules.length > 0) guard(field, rules);
    }
  }
}

function rulesOf(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>): AccessRule[] {
  const own = [...directivesOf(type), ...(field.astNode?.directives ?? [])];
  return [...own, ...directivesOf(getNamedType(field.type))].flatMap(toRule);
}

function directivesOf(type: GraphQLNamedType): readonly ConstDirectiveNode[] {
  const nodes = [type.astNode, ...type.extensionASTNodes];
  return nodes.flatMap((node) => node?.directives ?? []);
}

function toRule(directive: ConstDirectiveNode): AccessRule[] {
  // A directive that was linked without an import carries the prefix of its specification.
  const name = directive.name.value.replace(/^federation__/, '');
  if (name === 'authenticated') return [{ scopeSets: null }];
  if (name === 'requiresScopes') return [{ scopeSets: readScopes(directive) }];
  if (name === 'policy') throw new TypeError('@policy cannot be enforced in a subgraph');
  return [];
}

function readScopes(directive: ConstDirectiveNode): string[][] {
  const value = directive.arguments?.find((argument) => argument.name.value === 'scopes')?.value;
  if (value?.kind !== Kind.LIST) throw new TypeError('@requiresScopes needs a list of lists');
  return value.values.map((set) =>
    set.kind === Kind.LIST ? set.values.map((scope) => (scope.kind === Kind.STRING ? scope.value : '')) : [],
  );
}

function guard(field: GraphQLField<unknown, unknown>, rules: readonly AccessRule[]): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = (source, args, context, info) => {
    checkAccess(rules, context);
    return resolve(source, args, context, info);
  };
  const { subscribe } = field;
  if (!subscribe) return;
  field.subscribe = (source, args, context, info) => {
    checkAccess(rules, context);
    return subscribe(source, args, context, info);
  };
}

function checkAccess(rules: readonly AccessRule[], context: unknown): void {
  const { identity } = context as { identity: Identity | null };
  const { scopes } = requireIdentity(identity);
  for (const { scopeSets } of rules) {
    const isAllowed = scopeSets === null || scopeSets.some((set) => set.every((scope) => scopes.includes(scope)));
    if (!isAllowed) throw forbidden('Your sign-in does not carry the scopes that this needs.');
  }
}

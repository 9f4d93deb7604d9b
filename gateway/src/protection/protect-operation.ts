import type { Identity } from '@playgraph/auth/identity';
import { type DocumentNode, GraphQLError, type GraphQLSchema, OperationTypeNode } from 'graphql';
import type { ClientInfo, Refusal } from '../client-request.ts';
import { type AccessReason, analyseAccess, type DeniedFields, type OperationAccess } from './access.ts';
import { createAccessRules } from './access-rules.ts';
import { type CostEstimate, type CostModel, createCostModel } from './cost.ts';
import { checkIntrospection, findIntrospection, type IntrospectionRule } from './introspection.ts';
import { checkDocument, checkVariables, OPERATION_LIMITS, type OperationLimits } from './limits.ts';
import type { ValidOperation } from './operation-document.ts';

/** Which of `policies` hold for a client. What it throws ends the request as an internal error. */
export type PolicyEvaluator = (policies: readonly string[], client: ClientInfo) => Promise<ReadonlySet<string>>;

/**
 * What becomes of an operation that costs too much: `enforce`: it is refused; `measure`: it runs, its cost is known;
 * `auto`: refused if the supergraph states costs or sizes, for then the estimate is more than a guess.
 */
export type CostMode = 'auto' | 'enforce' | 'measure';

export type ProtectionOptions = {
  readonly limits: OperationLimits;
  readonly introspection: IntrospectionRule;
  readonly costMode: CostMode;
  readonly costMax: number;
  /** The items of a list that says nothing of its size. */
  readonly listSizeDefault: number;
  readonly evaluatePolicies: PolicyEvaluator;
};

/** A policy holds for who has a scope of its name. */
export const policiesFromScopes: PolicyEvaluator = async (policies, { identity }) =>
  new Set(policies.filter((name) => identity?.scopes.includes(name)));

/** Safe for a graph that nobody has described any further; no policy holds for anybody. */
export const PROTECTION_DEFAULTS: ProtectionOptions = {
  limits: OPERATION_LIMITS,
  introspection: 'allow',
  costMode: 'auto',
  costMax: 1_000_000,
  listSizeDefault: 10,
  evaluatePolicies: async () => new Set(),
};

/** All checks between a parsed document and its plan, for one version of the graph. */
export type Protection = {
  /** Before validation: how large the document is and whether it asks for the schema. Linear in its text. */
  checkDocument(document: DocumentNode, identity: Identity | null): Refusal | null;
  /** After validation, once for an operation: what of its protection depends on neither variables nor callers. */
  protect(operation: ValidOperation): ProtectedOperation;
};

export type ProtectedOperation = {
  readonly access: OperationAccess;
  /** Before planning, for each request. Rejects only with what the policy evaluator throws. */
  admit(variables: Readonly<Record<string, unknown>>, client: ClientInfo): Promise<Admission | Refusal>;
};

/** The operation may run. */
export type Admission = {
  readonly cost: number;
  /** What has to be left out for this caller: plan `withoutDenied`, print null and the reason; null when nothing has to. */
  readonly denied: DeniedFields | null;
};

export type ProtectionDeps = {
  readonly apiSchema: GraphQLSchema;
  /** The supergraph as it was composed, directives and links included. */
  readonly supergraph: DocumentNode;
  readonly options: ProtectionOptions;
};

/**
 * The order of all checks: size, introspection, [validation], introspection again (the caller may be another one),
 * size of the variables, cost, access. The first refusal ends it; access alone leaves an operation that still runs.
 */
export function createProtection({ apiSchema, supergraph, options }: ProtectionDeps): Protection {
  const rules = createAccessRules(apiSchema, supergraph);
  const model = createCostModel({ apiSchema, supergraph, listSizeDefault: options.listSizeDefault });
  const costMax = isEnforced(options.costMode, model) ? options.costMax : null;
  return {
    checkDocument: (document, identity) =>
      refuse(checkDocument(document, options.limits)) ??
      refuse(checkIntrospection(options.introspection, findIntrospection(document), identity)),
    protect: (operation) => {
      const access = analyseAccess(apiSchema, rules, operation);
      const costOf = model.compile(operation);
      const introspection = findIntrospection(operation.document);
      const subscribed = rootCoordinates(apiSchema, operation, access);
      return {
        access,
        admit: async (variables, client) => {
          const refusal =
            refuse(checkIntrospection(options.introspection, introspection, client.identity)) ??
            refuse(checkVariables(variables, options.limits));
          if (refusal) return refusal;
          const estimate = costOf(variables);
          if (costMax !== null) {
            const tooMuch = refuse(checkCost(estimate, costMax));
            if (tooMuch) return tooMuch;
          }
          const policies = access.policies;
          const granted = policies.length > 0 ? await options.evaluatePolicies(policies, client) : NO_POLICIES;
          const denied = access.denied(client.identity, granted);
          return (denied && refuseSubscription(subscribed, denied)) ?? { cost: estimate.cost, denied };
        },
      };
    },
  };
}

const NO_POLICIES: ReadonlySet<string> = new Set();

function isEnforced(mode: CostMode, model: CostModel): boolean {
  return mode === 'enforce' || (mode === 'auto' && model.isAnnotated);
}

function checkCost({ cost, errors }: CostEstimate, costMax: number): readonly GraphQLError[] {
  if (errors.length > 0 || cost <= costMax) return errors;
  return [
    new GraphQLError(`The operation is expected to cost ${cost}; at most ${costMax} is allowed.`, {
      extensions: { code: 'COST_EXCEEDED', limit: 'cost', measured: cost, max: costMax },
    }),
  ];
}

type RootField = { readonly parentType: string; readonly field: string };

/** The guarded root fields of a subscription: without its root field there is nothing to run. */
function rootCoordinates(schema: GraphQLSchema, { definition }: ValidOperation, access: OperationAccess): RootField[] {
  if (definition.operation !== OperationTypeNode.SUBSCRIPTION) return [];
  const parentType = schema.getSubscriptionType()?.name;
  return access.guards
    .flatMap(({ coordinates }) => coordinates)
    .map((coordinate) => coordinate.split('.'))
    .flatMap(([type, field]) => (type === parentType && type && field ? [{ parentType: type, field }] : []));
}

function refuseSubscription(subscribed: readonly RootField[], denied: DeniedFields): Refusal | null {
  for (const { parentType, field } of subscribed) {
    const reason = denied.reasonOf(parentType, field);
    if (reason) return refuseFor(reason);
  }
  return null;
}

function refuseFor({ code, message }: AccessReason): Refusal {
  return { errors: [{ message, extensions: { code } }], status: code === 'UNAUTHENTICATED' ? 401 : 403 };
}

function refuse(errors: readonly GraphQLError[] | GraphQLError | null): Refusal | null {
  const all = errors instanceof Error ? [errors] : (errors ?? []);
  return all.length > 0 ? { errors: all.map((error) => error.toJSON()), status: 400 } : null;
}

import { operationFromDocument, Supergraph } from '@apollo/federation-internals';
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner';
import { type DocumentNode, type GraphQLSchema, parse, print, visit } from 'graphql';
import { checkPlanned } from './check-planned.ts';
import { readComposedDirectives } from './composed-directives.ts';
import { type NormalisedOperation, normaliseOperation, readReservedNames } from './normalise-operation.ts';
import { readOverrideConditions } from './override-labels.ts';
import { toPlanningError } from './planning-error.ts';
import { findBareInterfaces, withMembers } from './requirements/bare-interfaces.ts';
import { findBlanking } from './requirements/blanking.ts';
import { withBoundedPlanning } from './requirements/bounded-planning.ts';
import { expandInterfaces } from './requirements/expand-interfaces.ts';
import { interfaceObjectFieldsOf } from './requirements/field-set.ts';
import { withLostConditions } from './requirements/lost-conditions.ts';
import { findNarrowedFields, withTypesOfNarrowed } from './requirements/narrowed-fields.ts';
import { withPartialTypes } from './requirements/partial-types.ts';
import { repairOrder } from './requirements/repair-order.ts';
import { restoreFields } from './requirements/restore-fields.ts';
import { splitChains, withRealGraphs } from './requirements/split-chains.ts';
import { withStrictLocality } from './requirements/strict-locality.ts';
import { virtualiseRequirements, virtualNamesOf } from './requirements/virtual-fields.ts';
import { readSupergraphFacts, type SupergraphFacts } from './supergraph-facts.ts';
import { settleTrueConditions } from './true-conditions.ts';

const DEFER = 'defer';
const NONE: ReadonlySet<string> = new Set();

/** Plans the operations of one version of the supergraph. */
export type OperationPlanner = {
  /** What clients see. Our own copy: ApolloServer puts resolvers of its own on the one that it is given. */
  readonly apiSchema: GraphQLSchema;
  /** The whole schema, for type conditions on `__typename`. */
  readonly supergraphSchema: GraphQLSchema;
  readonly facts: SupergraphFacts;
  /** Subgraph name -> address, as the supergraph states it. */
  readonly subgraphUrls: ReadonlyMap<string, string>;
  /** The document as it is planned: see `normaliseOperation`. */
  normalise(document: DocumentNode): NormalisedOperation;
  /** The plan of a normalised document. @throws PlanningError when no plan exists. */
  plan(document: DocumentNode, options: PlanOptions): QueryPlan;
};

export type PlanOptions = {
  readonly operationName: string | undefined;
  /** Whether `@defer` is heeded; otherwise it is as if it were not there. */
  readonly defers: boolean;
};

/** Apollo's planner over a supergraph (see docs/decisions/0001-own-plan-executor.md). */
export function createOperationPlanner(supergraphSdl: string): OperationPlanner {
  const schema = parse(supergraphSdl);
  const supergraph = Supergraph.build(supergraphSdl);
  const apiSchema = supergraph.apiSchema().toGraphQLJSSchema({ includeDefer: true });
  const composed = readComposedDirectives(schema, apiSchema);
  const blanking = findBlanking(schema);
  const bare = findBareInterfaces(schema);
  const narrowed = findNarrowedFields(schema);
  const facts = readSupergraphFacts(schema);
  const usual = createPlanning(schema, { supergraph, facts, apart: NONE });
  const joint = interfaceObjectFieldsOf(schema);
  const apart = blanking?.fields ?? NONE;
  // Few operations need it, and it takes as much memory as the first.
  let careful: Planning | null = null;
  const planCarefully = () => {
    careful ??= createPlanning(schema, { supergraph, facts, apart });
    return careful;
  };
  const reserved = new Set(
    [readReservedNames(schema), virtualNamesOf(schema, NONE), virtualNamesOf(schema, apart)].flatMap((names) => [
      ...names,
    ]),
  );
  return {
    facts,
    apiSchema: composed.apiSchema,
    supergraphSchema: supergraph.schema.toGraphQLJSSchema(),
    subgraphUrls: new Map(supergraph.subgraphsMetadata().map(({ name, url }) => [name, url])),
    normalise: (document) => normaliseOperation(composed.strip(document), reserved, joint),
    plan(document, { operationName, defers }) {
      try {
        const settled = settleTrueConditions(apiSchema, defers ? document : withoutDefer(document));
        const asked = withMembers(settled, { schema: apiSchema, bare });
        const usually = planOrExpand(usual, apiSchema, { document: asked, operationName });
        const best = blanking?.happensIn(usually.plan, usually.planned)
          ? planApart(planCarefully, apiSchema, { usually, operationName, defers })
          : usually;
        const repaired = withLostConditions(best.plan, { document: best.planned, needed: reserved });
        return withTypesOfNarrowed(repaired, narrowed);
      } catch (error) {
        throw toPlanningError(error);
      }
    },
  };
}

/**
 * How many ways to put a plan together are weighed at most. Ten times as many, the planner's own bound, hold up every other
 * request for many seconds where much is shareable, for plans that hardly differ.
 */
const EVALUATED_PLANS_MAX = 1_000;

type Asked = { readonly document: DocumentNode; readonly operationName: string | undefined };
type Planned = { readonly plan: QueryPlan; readonly planned: DocumentNode };

/** Where there is no plan for the operation as it stands there may be one for the same in other words. */
function planOrExpand(planning: Planning, apiSchema: GraphQLSchema, { document, operationName }: Asked): Planned {
  const attempt = (planned: DocumentNode): Planned => {
    const plan = planning.plan(planned, operationName);
    checkPlanned(plan, planned, operationName);
    return { plan, planned };
  };
  try {
    return attempt(document);
  } catch (error) {
    const expanded = expandInterfaces(document, apiSchema);
    if (print(expanded) === print(document)) throw error;
    return attempt(expanded);
  }
}

/**
 * The usual plan where there is no careful one: then what a client loses may take more with it, and the rest is there.
 * @throws whatever the planner does where `@defer` is heeded: there may be a careful plan without.
 */
function planApart(
  careful: () => Planning,
  apiSchema: GraphQLSchema,
  { usually, operationName, defers }: PlanOptions & { readonly usually: Planned },
): Planned {
  try {
    return planOrExpand(careful(), apiSchema, { document: usually.planned, operationName });
  } catch (error) {
    if (defers) throw error;
    return usually;
  }
}

type PlanningOptions = {
  readonly supergraph: Supergraph;
  readonly facts: SupergraphFacts;
  readonly apart: ReadonlySet<string>;
};
type Planning = { plan(document: DocumentNode, operationName: string | undefined): QueryPlan };

/** Planning over the copy of a supergraph that keeps the required objects in `apart` for themselves. */
function createPlanning(schema: DocumentNode, { supergraph, facts: { requiredBy }, apart }: PlanningOptions): Planning {
  const virtualised = virtualiseRequirements(schema, apart);
  const split = splitChains(virtualised?.supergraph ?? schema);
  const copy = split?.supergraph ?? virtualised?.supergraph;
  const planned = copy ? Supergraph.build(copy) : supergraph;
  const plannedSchema = planned.apiSchema();
  const planner = new QueryPlanner(planned, {
    exposeDocumentNodeInFetchNode: true,
    incrementalDelivery: { enableDefer: true },
    debug: { maxEvaluatedPlans: EVALUATED_PLANS_MAX },
    // It would take fragments of the operation into fetches, and leave their definitions behind.
    reuseQueryFragments: false,
  });
  const overrides = readOverrideConditions(schema);
  return {
    plan(document, operationName) {
      const operation = operationFromDocument(
        plannedSchema,
        document,
        operationName === undefined ? {} : { operationName },
      );
      const build = () => planner.buildQueryPlan(operation, { overrideConditions: overrides(document) });
      const planOfCopy = withBoundedPlanning(() => withPartialTypes(() => withStrictLocality(build)));
      const plan = split ? withRealGraphs(planOfCopy, split.realNames) : planOfCopy;
      return repairOrder(virtualised ? restoreFields(plan, virtualised.virtual) : plan, requiredBy);
    },
  };
}

function withoutDefer(document: DocumentNode): DocumentNode {
  return visit(document, { Directive: (directive) => (directive.name.value === DEFER ? null : undefined) });
}

/** Whether anything of an operation's document may be deferred. */
export function hasDefer(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Directive(directive) {
      found ||= directive.name.value === DEFER;
    },
  });
  return found;
}

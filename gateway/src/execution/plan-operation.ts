import { operationFromDocument, Supergraph } from '@apollo/federation-internals';
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner';
import { type DocumentNode, type GraphQLSchema, parse, visit } from 'graphql';
import { type NormalisedOperation, normaliseOperation, readReservedNames } from './normalise-operation.ts';
import { restoreFields } from './requirements/restore-fields.ts';
import { splitChains, withRealGraphs } from './requirements/split-chains.ts';
import { virtualiseRequirements } from './requirements/virtual-fields.ts';
import { readSupergraphFacts, type SupergraphFacts } from './supergraph-facts.ts';

const DEFER = 'defer';

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
  /** The plan of a normalised document. @throws GraphQLError when no plan exists. */
  plan(document: DocumentNode, options: PlanOptions): QueryPlan;
};

export type PlanOptions = {
  readonly operationName: string | undefined;
  /** Whether `@defer` is heeded; otherwise it is as if it were not there. */
  readonly defers: boolean;
};

/** Apollo's planner over a supergraph (see docs/decisions/0001-own-plan-executor.md). */
export function createOperationPlanner(supergraphSdl: string): OperationPlanner {
  const document = parse(supergraphSdl);
  const supergraph = Supergraph.build(supergraphSdl);
  const virtualised = virtualiseRequirements(document);
  const split = splitChains(virtualised?.supergraph ?? document);
  const copy = split?.supergraph ?? virtualised?.supergraph;
  const planned = copy ? Supergraph.build(copy) : supergraph;
  const plannedSchema = planned.apiSchema();
  const planner = new QueryPlanner(planned, {
    exposeDocumentNodeInFetchNode: true,
    incrementalDelivery: { enableDefer: true },
    // It would take fragments of the operation into fetches, and leave their definitions behind.
    reuseQueryFragments: false,
  });
  const reserved = readReservedNames(document);
  const facts = readSupergraphFacts(document);
  return {
    facts,
    apiSchema: supergraph.apiSchema().toGraphQLJSSchema({ includeDefer: true }),
    supergraphSchema: supergraph.schema.toGraphQLJSSchema(),
    subgraphUrls: new Map(supergraph.subgraphsMetadata().map(({ name, url }) => [name, url])),
    normalise: (document) => normaliseOperation(document, reserved),
    plan(document, { operationName, defers }) {
      const operation = operationFromDocument(
        plannedSchema,
        defers ? document : withoutDefer(document),
        operationName === undefined ? {} : { operationName },
      );
      const planOfCopy = planner.buildQueryPlan(operation);
      const plan = split ? withRealGraphs(planOfCopy, split.realNames) : planOfCopy;
      return virtualised ? restoreFields(plan, virtualised.virtual) : plan;
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

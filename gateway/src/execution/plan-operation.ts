import { operationFromDocument, Supergraph } from '@apollo/federation-internals';
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner';
import { type DocumentNode, type GraphQLSchema, print } from 'graphql';
import { LRUCache } from 'lru-cache';

/** How many plans are kept; an operation beyond that is planned anew. */
const PLANS_MAX = 2_000;

/** Plans the operations of one version of the supergraph. */
export type OperationPlanner = {
  /** What clients see. Our own copy: ApolloServer puts resolvers of its own on the one that it is given. */
  readonly apiSchema: GraphQLSchema;
  /** The whole schema, for type conditions on `__typename`. */
  readonly supergraphSchema: GraphQLSchema;
  /** Subgraph name -> address, as the supergraph states it. */
  readonly subgraphUrls: ReadonlyMap<string, string>;
  /** The plan of a valid operation; kept for the next time. @throws GraphQLError when no plan exists. */
  plan(document: DocumentNode, operationName: string | undefined): QueryPlan;
};

/** Apollo's planner over a supergraph (see docs/decisions/0001-own-plan-executor.md). */
export function createOperationPlanner(supergraphSdl: string): OperationPlanner {
  const supergraph = Supergraph.build(supergraphSdl);
  const apiSchema = supergraph.apiSchema();
  const planner = new QueryPlanner(supergraph, { exposeDocumentNodeInFetchNode: true });
  const plans = new LRUCache<string, QueryPlan>({ max: PLANS_MAX });
  return {
    apiSchema: apiSchema.toGraphQLJSSchema(),
    supergraphSchema: supergraph.schema.toGraphQLJSSchema(),
    subgraphUrls: new Map(supergraph.subgraphsMetadata().map(({ name, url }) => [name, url])),
    plan(document, operationName) {
      const key = `${operationName ?? ''}\n${print(document)}`;
      const known = plans.get(key);
      if (known) return known;
      const options = operationName === undefined ? {} : { operationName };
      const plan = planner.buildQueryPlan(operationFromDocument(apiSchema, document, options));
      plans.set(key, plan);
      return plan;
    },
  };
}

import { operationFromDocument, Supergraph } from '@apollo/federation-internals';
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner';
import type { UsedVersion } from '../../src/operations/keep-ready.ts';
import { createOperationCatalogue, type PreparedOperation } from '../../src/operations/prepare-operation.ts';
import { compose } from '../supergraphs.ts';

/** A version of the graph whose compiled operations are plain marks, planned by Apollo's planner. */
export function createGraphVersion(typeDefs: Readonly<Record<string, string>>) {
  const supergraph = Supergraph.build(compose(typeDefs));
  const planner = new QueryPlanner(supergraph, { exposeDocumentNodeInFetchNode: true });
  const apiSchema = supergraph.apiSchema().toGraphQLJSSchema();
  const catalogue = createOperationCatalogue(apiSchema);
  const made = new Map<string, { planned: QueryPlan; compiled: { readonly of: string } }>();
  const compiled: string[] = [];
  const version: UsedVersion<QueryPlan, { readonly of: string }> = {
    apiSchema,
    supergraphSchema: supergraph.schema.toGraphQLJSSchema(),
    mostUsed: (max) => catalogue.mostUsed(max),
    prepare: ({ text, operationName }) => catalogue.prepare(text, operationName),
    plan: ({ document }) => planner.buildQueryPlan(operationFromDocument(supergraph.apiSchema(), document)),
    planOf: (plan) => plan,
    compiledOf: ({ id }) => made.get(id) ?? null,
    compile: ({ text }) => {
      compiled.push(text);
      return { of: text };
    },
    keep: ({ id }, entry) => void made.set(id, entry),
  };
  const use = (text: string) => {
    const operation = version.prepare({ text, operationName: undefined }) as PreparedOperation;
    const planned = version.plan(operation);
    version.keep(operation, { planned, compiled: version.compile(operation, planned) });
  };
  const compiledFormOf = (text: string) =>
    version.compiledOf(version.prepare({ text, operationName: undefined }) as PreparedOperation)?.compiled;
  return { version, catalogue, compiled, use, compiledFormOf };
}

import { composeServices } from '@apollo/composition';
import { operationFromDocument, Supergraph } from '@apollo/federation-internals';
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner';
import { type DocumentNode, type GraphQLSchema, getOperationAST, parse, validate } from 'graphql';
import { expect } from 'vitest';
import type { ValidOperation } from '../../src/protection/operation-document.ts';
import { withoutSecurityPurpose } from '../../src/supergraph/security-links.ts';

export type ComposedGraph = {
  readonly apiSchema: GraphQLSchema;
  /** As composed, with its directives. */
  readonly supergraph: DocumentNode;
  /** Parses and validates. */
  operation(source: string): ValidOperation;
  /** Plans by Apollo's planner. @throws when no plan exists. */
  plan(document: DocumentNode): QueryPlan;
};

const IMPORTS = ['@key', '@shareable', '@authenticated', '@requiresScopes', '@policy', '@cost', '@listSize'];

/** One subgraph, composed by Apollo's composition; `imports` as in `@link(import:)`. */
export function composeGraph(typeDefs: string, imports = IMPORTS.map((name) => `"${name}"`).join(', ')): ComposedGraph {
  const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports}])\n`;
  const composed = composeServices([
    { name: 'one', url: 'http://one.invalid/graphql', typeDefs: parse(link + typeDefs) },
  ]);
  expect(composed.errors ?? []).toEqual([]);
  const sdl = composed.supergraphSdl ?? '';
  const supergraph = Supergraph.build(withoutSecurityPurpose(sdl));
  const planner = new QueryPlanner(supergraph);
  const apiSchema = supergraph.apiSchema().toGraphQLJSSchema();
  return {
    apiSchema,
    supergraph: parse(sdl),
    operation: (source) => {
      const document = parse(source);
      expect(validate(apiSchema, document)).toEqual([]);
      const definition = getOperationAST(document);
      if (!definition) throw new TypeError('the document has several operations');
      return { document, definition };
    },
    plan: (document) => {
      expect(validate(apiSchema, document)).toEqual([]);
      return planner.buildQueryPlan(operationFromDocument(supergraph.apiSchema(), document));
    },
  };
}

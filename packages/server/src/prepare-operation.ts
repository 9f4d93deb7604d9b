import {
  type DocumentNode,
  type GraphQLSchema,
  getOperationAST,
  type OperationTypeNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { protocolError } from './mask-error.ts';

/** The most lexical tokens a document may have. */
export const DOCUMENT_TOKENS_MAX = 20_000;
/** How many parsed and validated documents are kept per schema. */
const DOCUMENTS_MAX = 1_000;
/** Longer documents are parsed anew each time, so that the kept ones have a bounded size. */
const KEPT_DOCUMENT_CHARS_MAX = 32_768;

/** An operation as a client sends it. A `DocumentNode` is validated once and then known by its identity. */
export type Operation = {
  readonly query: string | DocumentNode;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly operationName?: string | null | undefined;
};

type KnownDocuments = { readonly byText: Map<string, DocumentNode>; readonly nodes: WeakSet<DocumentNode> };
const knownBySchema = new WeakMap<GraphQLSchema, KnownDocuments>();

/**
 * The document of an operation, parsed and validated, or what is wrong with it (raw: for `maskError`).
 * Keeps the DOCUMENTS_MAX documents used last.
 */
export function prepareDocument(
  schema: GraphQLSchema,
  query: string | DocumentNode,
): { readonly document: DocumentNode } | { readonly errors: readonly unknown[] } {
  const known = knownDocuments(schema);
  if (typeof query !== 'string') return known.nodes.has(query) ? { document: query } : check(schema, query, known);
  const kept = known.byText.get(query);
  if (kept) {
    touch(known.byText, query, kept);
    return { document: kept };
  }
  try {
    const prepared = check(schema, parse(query, { maxTokens: DOCUMENT_TOKENS_MAX }), known);
    if ('document' in prepared && query.length <= KEPT_DOCUMENT_CHARS_MAX)
      touch(known.byText, query, prepared.document);
    return prepared;
  } catch (error) {
    return { errors: [error] };
  }
}

/**
 * Which kind of operation `operationName` picks.
 * @throws GraphQLError OPERATION_RESOLUTION_FAILURE when it picks none.
 */
export function operationTypeOf(document: DocumentNode, operationName: string | null | undefined): OperationTypeNode {
  const operation = getOperationAST(document, operationName);
  if (operation) return operation.operation;
  throw protocolError(
    'OPERATION_RESOLUTION_FAILURE',
    operationName
      ? `Unknown operation named "${operationName}".`
      : 'Must provide operation name if query contains multiple operations.',
  );
}

function knownDocuments(schema: GraphQLSchema): KnownDocuments {
  const known = knownBySchema.get(schema) ?? { byText: new Map(), nodes: new WeakSet() };
  knownBySchema.set(schema, known);
  return known;
}

function check(schema: GraphQLSchema, document: DocumentNode, known: KnownDocuments) {
  const errors = validate(schema, document, specifiedRules);
  if (errors.length > 0) return { errors };
  known.nodes.add(document);
  return { document };
}

/** Puts an entry last and drops the first one past the limit: least recently used. */
function touch(kept: Map<string, DocumentNode>, text: string, document: DocumentNode): void {
  kept.delete(text);
  kept.set(text, document);
  const [oldest] = kept.keys();
  if (kept.size > DOCUMENTS_MAX && oldest !== undefined) kept.delete(oldest);
}

import { createHash } from 'node:crypto';
import type { Identity } from '@playgraph/auth/identity';
import { protocolError } from '@playgraph/server/mask-error';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Refusal } from '../client-request.ts';
import type { DeniedFields } from '../protection/access.ts';
import { deferPlaces } from './defer-places.ts';
import { finiteNumbers } from './finite-numbers.ts';
import { knownOperationTypes } from './known-operation-types.ts';
import { staticLabels } from './static-labels.ts';

/** The most lexical tokens that a document may have when nothing else is said. */
const DOCUMENT_TOKENS_MAX = 20_000;
/** How many documents are kept, and how long they are together: a parsed one takes about 150 bytes a character. */
const DOCUMENTS_MAX = 4_000;
const KEPT_CHARS_MAX = 1024 * 1024;
/** Longer documents are prepared anew each time, so that one client cannot push out what all others use. */
const KEPT_DOCUMENT_CHARS_MAX = 64 * 1024;
/** Refused documents that are kept: a client that repeats a mistake is not worth a validation each time. */
const REFUSALS_MAX = 256;
const KEPT_REFUSED_CHARS_MAX = 8 * 1024;
/** How many mistakes of one document are told. */
const VALIDATION_ERRORS_MAX = 20;
const VALIDATION_RULES = [...specifiedRules, knownOperationTypes, finiteNumbers, staticLabels, deferPlaces];

/** An operation that is known to be valid on one version of the graph. */
export type PreparedOperation = {
  /** SHA-256 of the document and the operation's name, in hex: what makes two operations the same. */
  readonly id: string;
  readonly text: string;
  /** Which version of the graph it is valid on: that of the catalogue that gave it. */
  readonly version: symbol;
  /** Null when the document does not name it. */
  readonly name: string | null;
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  /** What this caller may not read of it, where that is something: then the `id` is one of its own too. */
  readonly denied?: DeniedFields;
  /** What it is expected to cost, for who asked for its usage. */
  readonly cost?: number;
};

/** An operation of a document: what a client sends, or a list of known operations holds. */
export type OperationText = { readonly text: string; readonly operationName: string | undefined };

/** Parses and validates each operation of one version of the graph once. */
export type OperationCatalogue = {
  /** Stands for the version of the graph; no two catalogues have the same. */
  readonly version: symbol;
  /** `identity` is for the checks before validation alone. The same operation gives the same object while it is kept. */
  prepare(text: string, operationName: string | undefined, identity?: Identity | null): PreparedOperation | Refusal;
  /** The operations in use, most used first, at most `max`. */
  mostUsed(max: number): readonly OperationText[];
};

export type CatalogueOptions = {
  readonly documentTokensMax?: number;
  /** Whether mistakes are told without what the client may have meant: that names parts of the schema. */
  readonly hidesSuggestions?: boolean;
  /** Looks at a document before it is validated, whoever sent it first; a refusal ends the request. */
  readonly checkDocument?: (document: DocumentNode, identity: Identity | null) => Refusal | null;
};

/** A valid document, with those of its operations that were asked for. */
type KnownDocument = { readonly document: DocumentNode; readonly byName: Map<string | undefined, KnownOperation> };
type KnownOperation = { readonly operation: PreparedOperation; uses: number };

export function createOperationCatalogue(
  apiSchema: GraphQLSchema,
  {
    documentTokensMax = DOCUMENT_TOKENS_MAX,
    hidesSuggestions = false,
    checkDocument = () => null,
  }: CatalogueOptions = {},
): OperationCatalogue {
  const version = Symbol('graph');
  const documents = new LRUCache<string, KnownDocument>({
    max: DOCUMENTS_MAX,
    maxSize: KEPT_CHARS_MAX,
    sizeCalculation: (_known, text) => text.length + 1,
  });
  const refusals = new LRUCache<string, Refusal>({ max: REFUSALS_MAX });

  const readDocument = (text: string, identity: Identity | null): KnownDocument | Refusal => {
    const refused = refusals.get(text);
    if (refused) return refused;
    const keepRefusal = (refusal: Refusal) => {
      if (text.length <= KEPT_REFUSED_CHARS_MAX) refusals.set(text, refusal);
      return refusal;
    };
    const document = parseDocument(text, documentTokensMax);
    if (document instanceof GraphQLError) return keepRefusal(refuse([document], 'GRAPHQL_PARSE_FAILED'));
    const unwanted = checkDocument(document, identity);
    // Not kept: somebody else may be allowed what this client is not.
    if (unwanted) return unwanted;
    const errors = validate(apiSchema, document, VALIDATION_RULES, {
      maxErrors: VALIDATION_ERRORS_MAX,
      hideSuggestions: hidesSuggestions,
    });
    if (errors.length > 0) return keepRefusal(refuse(errors, 'GRAPHQL_VALIDATION_FAILED'));
    const known: KnownDocument = { document, byName: new Map() };
    if (text.length <= KEPT_DOCUMENT_CHARS_MAX) documents.set(text, known);
    return known;
  };

  return {
    version,
    prepare(text, operationName, identity = null) {
      const known = documents.get(text) ?? readDocument(text, identity);
      if ('errors' in known) return known;
      const kept = known.byName.get(operationName);
      if (kept) {
        kept.uses += 1;
        return kept.operation;
      }
      const operation = selectOperation(known.document, { text, operationName }, version);
      // At most one for each operation of the document, and one for no name: a wrong name is refused.
      if (!('errors' in operation)) known.byName.set(operationName, { operation, uses: 1 });
      return operation;
    },
    mostUsed(max) {
      const all = [...documents.values()].flatMap(({ byName }) => [...byName]);
      const sorted = all.sort(([, left], [, right]) => right.uses - left.uses).slice(0, max);
      return sorted.map(([operationName, { operation }]) => ({ text: operation.text, operationName }));
    },
  };
}

function selectOperation(
  document: DocumentNode,
  { text, operationName }: OperationText,
  version: symbol,
): PreparedOperation | Refusal {
  const definition = getOperationAST(document, operationName);
  if (!definition) {
    const error = protocolError('OPERATION_RESOLUTION_FAILURE', reasonFor(document, operationName));
    return refuse([error], 'OPERATION_RESOLUTION_FAILURE');
  }
  const name = definition.name?.value ?? null;
  // By the operation's own name: a client that gives it and one that leaves it out mean the same.
  const id = createHash('sha256')
    .update(`${name ?? ''}\n${text}`)
    .digest('hex');
  return { id, text, version, name, document, definition };
}

function reasonFor(document: DocumentNode, operationName: string | undefined): string {
  if (operationName !== undefined) return `The document has no operation named "${operationName}".`;
  return document.definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION)
    ? 'The document has several operations: say by operationName which one.'
    : 'The document has no operation.';
}

function parseDocument(text: string, maxTokens: number): DocumentNode | GraphQLError {
  try {
    return parse(text, { maxTokens });
  } catch (error) {
    // A document can be so deep that the parser runs out of stack: the client's matter, told in words of ours.
    return error instanceof GraphQLError ? error : new GraphQLError('The document is nested too deeply.');
  }
}

function refuse(errors: readonly GraphQLError[], code: string): Refusal {
  const formatted = errors.map(({ message, locations }) => ({
    message,
    ...(locations ? { locations } : {}),
    extensions: { code },
  }));
  return { errors: formatted, status: 400 };
}

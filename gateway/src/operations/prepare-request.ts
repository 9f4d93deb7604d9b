import type { ClientInfo, ClientRequest, Refusal } from '../client-request.ts';
import type { PersistedManifest } from './persisted-manifest.ts';
import type { OperationCatalogue, PreparedOperation } from './prepare-operation.ts';
import { hashOf, type RegisteredDocuments } from './registered-documents.ts';

/** Which operations may run. `allow`: any; `require`: those of the manifest, by id or word for word. */
export type PersistedRule = {
  readonly mode: 'allow' | 'require';
  /** Clients with one of these scopes are under `require`. */
  readonly requireForScopes: readonly string[];
};

export type PrepareDeps = {
  /** The catalogue in force: another one after a reload. */
  readonly catalogue: () => OperationCatalogue;
  /** The manifest in force. */
  readonly manifest: () => PersistedManifest;
  readonly rule: PersistedRule;
  /** Null when clients cannot register documents. */
  readonly registered: RegisteredDocuments | null;
};

const HASH_PATTERN = /^[\da-f]{64}$/;
const PREFIXED_HASH_PATTERN = /^sha256:([\da-f]{64})$/;
const PERSISTED_QUERY_VERSION = 1;

/**
 * Everything between a client's request and an operation that is known to be valid. The document is the `query`, or what
 * `extensions.documentId` (the `documentId` of GraphQL over HTTP) or `extensions.persistedQuery` names: an operation of
 * the manifest, or a document that a client has registered. Codes of refusals are those that Apollo's clients know.
 */
export function createRequestPreparer(deps: PrepareDeps) {
  return async (request: ClientRequest, client: ClientInfo): Promise<PreparedOperation | Refusal> => {
    const naming = readName(request.extensions);
    if ('errors' in naming) return naming;
    const document = await resolveDocument(deps, { request, client, naming });
    if ('errors' in document) return document;
    const operation = deps.catalogue().prepare(document.text, request.operationName, client.identity);
    if (document.isNew && !('errors' in operation))
      await deps.registered?.register(naming.id.toLowerCase(), document.text);
    return operation;
  };
}

/** How the request names its document: `id` is empty when it does not; `isHash` when that is the hash of a document. */
type Naming = { readonly id: string; readonly isHash: boolean };

/** A document's text. `isNew`: to be registered once it is known to be valid. */
type Resolved = { readonly text: string; readonly isNew: boolean };

type Question = { readonly request: ClientRequest; readonly client: ClientInfo; readonly naming: Naming };

const NO_NAME: Naming = { id: '', isHash: false };

function readName({ documentId, persistedQuery }: ClientRequest['extensions']): Naming | Refusal {
  if (documentId !== undefined && documentId !== null) {
    if (typeof documentId !== 'string' || documentId === '') return badRequest('`documentId` is not a text.');
    const [, hash] = PREFIXED_HASH_PATTERN.exec(documentId) ?? [];
    return hash === undefined ? { id: documentId, isHash: false } : { id: hash, isHash: true };
  }
  if (persistedQuery === undefined || persistedQuery === null) return NO_NAME;
  const { version, sha256Hash } = persistedQuery as { version?: unknown; sha256Hash?: unknown };
  if (version !== PERSISTED_QUERY_VERSION) return badRequest('`persistedQuery` has a version other than 1.');
  if (typeof sha256Hash !== 'string' || sha256Hash === '') return badRequest('`persistedQuery` has no `sha256Hash`.');
  return { id: sha256Hash, isHash: HASH_PATTERN.test(sha256Hash.toLowerCase()) };
}

async function resolveDocument(deps: PrepareDeps, question: Question): Promise<Resolved | Refusal> {
  const { request, client, naming } = question;
  const mustBeListed = isUnderRequire(deps.rule, client);
  if (request.query === undefined) {
    if (naming.id === '') return badRequest('There is neither a `query` nor the name of a persisted one.');
    return findDocument(deps, naming, mustBeListed);
  }
  const text = request.query;
  if (mustBeListed && !deps.manifest().has(text)) return NOT_LISTED;
  return naming.id === '' ? { text, isNew: false } : checkNamed(deps, { text, naming, mustBeListed });
}

async function findDocument(
  { manifest, registered }: PrepareDeps,
  { id, isHash }: Naming,
  mustBeListed: boolean,
): Promise<Resolved | Refusal> {
  const listed = manifest().find(id) ?? (isHash ? manifest().find(`sha256:${id}`) : null);
  if (listed) return { text: listed.body, isNew: false };
  if (mustBeListed) return UNKNOWN_ID;
  if (registered === null) return NOT_SUPPORTED;
  const text = isHash ? await registered.find(id.toLowerCase()) : null;
  return text === null ? NOT_FOUND : { text, isNew: false };
}

/** A document that came with its name: both must belong together. */
function checkNamed(
  { manifest, registered }: PrepareDeps,
  { text, naming, mustBeListed }: { text: string; naming: Naming; mustBeListed: boolean },
): Resolved | Refusal {
  if (manifest().find(naming.id)?.body === text) return { text, isNew: false };
  if (!naming.isHash || hashOf(text) !== naming.id.toLowerCase()) return HASH_MISMATCH;
  return { text, isNew: registered !== null && !mustBeListed };
}

function isUnderRequire({ mode, requireForScopes }: PersistedRule, { identity }: ClientInfo): boolean {
  if (mode === 'require') return true;
  return identity !== null && requireForScopes.some((scope) => identity.scopes.includes(scope));
}

function refusal(message: string, code: string, status: number): Refusal {
  return { errors: [{ message, extensions: { code } }], status };
}

function badRequest(message: string): Refusal {
  return refusal(message, 'BAD_REQUEST', 400);
}

// Clients answer these two by sending the document; status 200 is what they, and caches between, expect of them.
const NOT_FOUND = refusal('PersistedQueryNotFound', 'PERSISTED_QUERY_NOT_FOUND', 200);
const NOT_SUPPORTED = refusal('PersistedQueryNotSupported', 'PERSISTED_QUERY_NOT_SUPPORTED', 200);
const HASH_MISMATCH = badRequest('The hash of the persisted query is not that of the `query`.');
const UNKNOWN_ID = refusal('No operation of this id is listed.', 'PERSISTED_QUERY_NOT_IN_LIST', 404);
const NOT_LISTED = refusal('Only listed operations may run, and this one is not.', 'QUERY_NOT_IN_SAFELIST', 403);

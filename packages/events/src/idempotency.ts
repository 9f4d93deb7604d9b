import { createHash } from 'node:crypto';
import { encodeValue } from '@playgraph/cache/codec';
import type { Clock } from '@playgraph/kernel/clock';
import { badUserInput, conflict } from '@playgraph/kernel/errors';
import { isUniqueViolation } from '@playgraph/sharding/prisma-errors';
import type { IdempotencyRow, IdempotencyTx } from './event-db.ts';

/** How long a key counts. */
export const IDEMPOTENCY_TTL_MS = 24 * 60 * 60_000;
const KEY_PATTERN = /^[A-Za-z0-9_-]{16,128}$/;
const KEY_FIELD = 'input.idempotencyKey';
/** The response of a claim that was never saved: a refusal, so the key is still free. */
const UNSAVED = '';

/** A request that must have its effect once. `input` is all that tells it from another one, the key aside. */
export type IdempotentRequest = {
  /** Whose key it is: a user id. Keys of different owners never meet. */
  readonly owner: string;
  /** The mutation, such as `placeOrder`. */
  readonly operation: string;
  readonly key: string;
  readonly input: unknown;
};

/** The outcome of a claim. `replay` is the response saved by an earlier request with this key; null: go ahead. */
export type IdempotencyClaim = {
  readonly replay: string | null;
  /** Keeps what is needed to answer again, usually an id; not empty. Not to be called for a refusal. */
  save(response: string): Promise<void>;
};

/**
 * Claims a key in the caller's transaction, as its first statement: of requests at the same time with one key, the
 * later ones wait here for the first to commit, and then see its response. A claim that is not saved, or rolls back,
 * leaves the key free.
 * @throws DomainError BAD_USER_INPUT at `input.idempotencyKey` for a malformed key; CONFLICT for a key that was used
 * with another input, or that another request is using at this moment.
 */
export async function claimIdempotencyKey(
  tx: IdempotencyTx,
  request: IdempotentRequest,
  clock: Clock,
): Promise<IdempotencyClaim> {
  if (!KEY_PATTERN.test(request.key)) {
    throw badUserInput('An idempotency key has 16 to 128 characters of A-Z, a-z, 0-9, _ and -.', KEY_FIELD);
  }
  const { owner, operation, key } = request;
  const fingerprint = fingerprintOf(request.input);
  const fresh: IdempotencyRow = { owner, operation, key, fingerprint, response: UNSAVED, createdAt: clock.now() };
  const save = saverOf(tx, fresh);
  if (await insertRecord(tx, fresh)) return { replay: null, save };

  const found = await tx.idempotencyRecord.findUnique({ where: { owner_operation_key: { owner, operation, key } } });
  if (!found) throw inUse();
  const counts = found.response !== UNSAVED && found.createdAt.getTime() > clock.nowMs() - IDEMPOTENCY_TTL_MS;
  if (counts) {
    if (found.fingerprint === fingerprint) return { replay: found.response, save };
    throw conflict('This idempotency key was used with another input.', { field: KEY_FIELD });
  }
  await takeOver(tx, found, fresh);
  return { replay: null, save };
}

async function insertRecord(tx: IdempotencyTx, record: IdempotencyRow): Promise<boolean> {
  try {
    await tx.idempotencyRecord.createMany({ data: [record] });
    return true;
  } catch (error) {
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}

async function takeOver(tx: IdempotencyTx, found: IdempotencyRow, fresh: IdempotencyRow): Promise<void> {
  const { owner, operation, key, fingerprint, response, createdAt } = found;
  const { count } = await tx.idempotencyRecord.updateMany({
    // Guarded by what was found: somebody else may be taking the same record over.
    where: { owner, operation, key, fingerprint, response, createdAt },
    data: { fingerprint: fresh.fingerprint, response: UNSAVED, createdAt: fresh.createdAt },
  });
  if (count !== 1) throw inUse();
}

function saverOf(tx: IdempotencyTx, { owner, operation, key }: IdempotencyRow): IdempotencyClaim['save'] {
  return async (response) => {
    if (response === UNSAVED) throw new TypeError('an empty response cannot be told from a refusal');
    const { count } = await tx.idempotencyRecord.updateMany({ where: { owner, operation, key }, data: { response } });
    if (count !== 1) throw new Error(`the idempotency record of ${operation} is missing`);
  };
}

function inUse(): Error {
  return conflict('Another request with this idempotency key is being handled. Try again.', { field: KEY_FIELD });
}

function fingerprintOf(input: unknown): string {
  return createHash('sha256')
    .update(encodeValue(withSortedKeys(input)))
    .digest('hex');
}

/** The same facts in one order, whatever order the client wrote them in. */
function withSortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
  return Object.fromEntries(entries.map(([key, item]) => [key, withSortedKeys(item)]));
}

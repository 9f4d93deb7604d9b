const UNIQUE_VIOLATION = 'P2002';
const WRITE_CONFLICT = 'P2034';

/** True when Prisma refused a row because its key is there already. The error's code is the same on every database. */
export function isUniqueViolation(error: unknown): boolean {
  return codeOf(error) === UNIQUE_VIOLATION;
}

/** True when the database undid a transaction for the sake of another one: a deadlock or a write conflict. */
export function isWriteConflict(error: unknown): boolean {
  return codeOf(error) === WRITE_CONFLICT;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

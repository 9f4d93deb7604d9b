const UNIQUE_VIOLATION = 'P2002';

/** True when Prisma refused a row because its key is there already. The error's code is the same on every database. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION;
}

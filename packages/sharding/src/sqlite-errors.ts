import { DriverAdapterError, type MappedError } from '@prisma/driver-adapter-utils';
import { LockError, type LockRefusal } from './fifo-lock.ts';

/** SQLite's result codes (https://www.sqlite.org/rescode.html) that mean something to Prisma. */
const SQLITE_BUSY = 5;
const SQLITE_CONSTRAINT_FOREIGNKEY = 787;
const SQLITE_CONSTRAINT_NOTNULL = 1299;
const SQLITE_CONSTRAINT_PRIMARYKEY = 1555;
const SQLITE_CONSTRAINT_TRIGGER = 1811;
const SQLITE_CONSTRAINT_UNIQUE = 2067;
const SQLITE_ERROR = 1;
const PRIMARY_CODE_MASK = 0xff;

/** What SQLite says when a statement fails. */
type SqliteFailure = { readonly rawCode: number; readonly code: string; readonly message: string };

const LOCK_ERRORS: Readonly<Record<LockRefusal, (message: string) => MappedError>> = {
  TIMEOUT: () => ({ kind: 'SocketTimeout' }),
  FULL: (message) => ({ kind: 'TooManyConnections', cause: message }),
  CLOSED: () => ({ kind: 'ConnectionClosed' }),
};

/** True when another connection holds the file's lock: the same statement may do later. */
export function isBusy(error: unknown): boolean {
  const failure = readFailure(error);
  return failure !== null && (failure.rawCode & PRIMARY_CODE_MASK) === SQLITE_BUSY;
}

/**
 * The error for Prisma, which makes the documented codes of it: P2002 unique, P2003 foreign key, P2011 null, P2021 no
 * such table, P2022 no such column, P1008 a lock not free in time. What is not SQLite's comes back as it is.
 */
export function toDriverError(error: unknown): unknown {
  if (error instanceof LockError) return new DriverAdapterError(LOCK_ERRORS[error.reason](error.message));
  const failure = readFailure(error);
  if (!failure) return error;
  const mapped = mapFailure(failure);
  return new DriverAdapterError({ ...mapped, originalCode: failure.code, originalMessage: failure.message });
}

function mapFailure({ rawCode, message }: SqliteFailure): MappedError {
  switch (rawCode) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
      return { kind: 'UniqueConstraintViolation', constraint: { fields: columnsIn(message) } };
    case SQLITE_CONSTRAINT_NOTNULL:
      return { kind: 'NullConstraintViolation', constraint: { fields: columnsIn(message) } };
    case SQLITE_CONSTRAINT_FOREIGNKEY:
    case SQLITE_CONSTRAINT_TRIGGER:
      return { kind: 'ForeignKeyConstraintViolation', constraint: { foreignKey: {} } };
    case SQLITE_ERROR:
      return mapByMessage(message);
    default:
      return (rawCode & PRIMARY_CODE_MASK) === SQLITE_BUSY
        ? { kind: 'SocketTimeout' }
        : { kind: 'sqlite', extendedCode: rawCode, message };
  }
}

/** SQLite has one code for all mistakes in a statement; only its text says which. */
function mapByMessage(message: string): MappedError {
  const table = /no such table: (.+)$/.exec(message)?.[1];
  if (table) return { kind: 'TableDoesNotExist', table };
  const column = /no such column: (.+)$/.exec(message)?.[1] ?? /has no column named (.+)$/.exec(message)?.[1];
  if (column) return { kind: 'ColumnNotFound', column };
  return { kind: 'sqlite', extendedCode: SQLITE_ERROR, message };
}

/** `... constraint failed: game.slug, game.title` -> ['slug', 'title'] */
function columnsIn(message: string): string[] {
  const list = message.split('constraint failed: ')[1] ?? '';
  return list.split(', ').map((column) => column.slice(column.indexOf('.') + 1));
}

function readFailure(error: unknown): SqliteFailure | null {
  if (!(error instanceof Error) || !('rawCode' in error) || typeof error.rawCode !== 'number') return null;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { rawCode: error.rawCode, code, message: error.message };
}

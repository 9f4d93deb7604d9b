import {
  DriverAdapterError,
  type IsolationLevel,
  type SqlDriverAdapter,
  type SqlDriverAdapterFactory,
  type SqlQuery,
  type SqlResultSet,
  type Transaction,
} from '@prisma/driver-adapter-utils';
import { createFifoLock, type FifoLock } from './fifo-lock.ts';
import { recordStoreQuery } from './query-meter.ts';
import { openConnection, retryWhileBusy, type SqliteConnection } from './sqlite-connection.ts';
import { toDriverError } from './sqlite-errors.ts';
import type { Synchronous } from './sqlite-url.ts';
import { toResultSet, toSqliteValue } from './sqlite-values.ts';

/** What an adapter is made of. */
export type SqliteAdapterOptions = {
  readonly file: string;
  /** How long a statement waits for the lock: once for those before it in this process, once for other processes. */
  readonly busyTimeoutMs?: number;
  /** `NORMAL` unless said otherwise. */
  readonly synchronous?: Synchronous;
};

const BUSY_TIMEOUT_MS_DEFAULT = 10_000;
const WAITERS_MAX = 10_000;
const BIND_VALUES_MAX = 32_766;
const IDENTITY = { provider: 'sqlite', adapterName: 'playgraph-sqlite' } as const;
const READS = /^\s*SELECT\b/i;

/**
 * Prisma's way to one SQLite file: `new PrismaClient({ adapter: createSqliteAdapterFactory({ file }) })`.
 *
 * A transaction has the writing connection for itself; statements outside wait for their turn and never run inside it.
 * SELECTs outside a transaction go to a second connection: they see committed rows only, and wait for nobody. Waiting
 * is first come, first served within a process, never blocks the event loop, and ends in P1008 after `busyTimeoutMs`.
 */
export function createSqliteAdapterFactory(options: SqliteAdapterOptions): SqlDriverAdapterFactory {
  const busyTimeoutMs = options.busyTimeoutMs ?? BUSY_TIMEOUT_MS_DEFAULT;
  const location = { file: options.file, synchronous: options.synchronous ?? 'NORMAL' };
  return {
    ...IDENTITY,
    connect: () =>
      translated(async () => {
        const writer = await retryWhileBusy(busyTimeoutMs, () => openConnection(location, 'write'));
        const reader = await retryWhileBusy(busyTimeoutMs, () => openConnection(location, 'read'));
        return createAdapter({ writer, reader, busyTimeoutMs });
      }),
  };
}

type Deps = { readonly writer: SqliteConnection; readonly reader: SqliteConnection; readonly busyTimeoutMs: number };

function createAdapter({ writer, reader, busyTimeoutMs }: Deps): SqlDriverAdapter {
  const lock = createFifoLock({ waitMsMax: busyTimeoutMs, waitersMax: WAITERS_MAX });
  const exclusively = async <T>(work: () => T): Promise<T> => {
    const release = await lock.acquire();
    try {
      return await retryWhileBusy(busyTimeoutMs, work);
    } finally {
      release();
    }
  };
  return {
    ...IDENTITY,
    queryRaw: (query) =>
      translated(() => {
        recordStoreQuery();
        if (READS.test(query.sql)) return retryWhileBusy(busyTimeoutMs, () => readRows(reader, query));
        return exclusively(() => readRows(writer, query));
      }),
    executeRaw: (query) =>
      translated(() => {
        recordStoreQuery();
        return exclusively(() => changeRows(writer, query));
      }),
    executeScript: (script) => translated(() => exclusively(() => writer.execute(script))),
    startTransaction: (level) => translated(() => startTransaction({ writer, lock, busyTimeoutMs }, level)),
    getConnectionInfo: () => ({ maxBindValues: BIND_VALUES_MAX, supportsRelationJoins: false }),
    dispose: async () => {
      lock.close();
      reader.close();
      writer.close();
    },
  };
}

async function startTransaction(
  { writer, lock, busyTimeoutMs }: { writer: SqliteConnection; lock: FifoLock; busyTimeoutMs: number },
  level: IsolationLevel | undefined,
): Promise<Transaction> {
  if (level && level !== 'SERIALIZABLE') throw new DriverAdapterError({ kind: 'InvalidIsolationLevel', level });
  const release = await lock.acquire();
  try {
    // IMMEDIATE takes the file's write lock now: a transaction that has begun is never told to start over.
    await retryWhileBusy(busyTimeoutMs, () => runControl(writer, 'BEGIN IMMEDIATE'));
  } catch (error) {
    release();
    throw error;
  }
  return createTransaction(writer, release);
}

function createTransaction(writer: SqliteConnection, release: () => void): Transaction {
  let isOpen = true;
  // Past its end the connection belongs to somebody else's transaction; SQLite may also have ended it by itself.
  const within = <T>(work: () => T): Promise<T> =>
    translated(async () => {
      if (!isOpen || !writer.isInTransaction()) throw alreadyClosed();
      return work();
    });
  const end = (work: () => void): Promise<void> =>
    translated(async () => {
      isOpen = false;
      try {
        work();
      } finally {
        // A refused COMMIT leaves the transaction open; the next holder of the connection must not inherit it.
        if (writer.isInTransaction()) runControl(writer, 'ROLLBACK');
        release();
      }
    });
  return {
    ...IDENTITY,
    options: { usePhantomQuery: true },
    queryRaw: (query) => {
      recordStoreQuery();
      return within(() => readRows(writer, query));
    },
    executeRaw: (query) => {
      recordStoreQuery();
      return within(() => changeRows(writer, query));
    },
    commit: async () => {
      if (!isOpen) throw alreadyClosed();
      await end(() => {
        if (!writer.isInTransaction()) throw alreadyClosed();
        runControl(writer, 'COMMIT');
      });
    },
    rollback: async () => {
      if (isOpen) await end(() => undefined);
    },
    createSavepoint: (name) => within(() => runControl(writer, `SAVEPOINT ${name}`)),
    rollbackToSavepoint: (name) => within(() => runControl(writer, `ROLLBACK TO ${name}`)),
    releaseSavepoint: (name) => within(() => runControl(writer, `RELEASE SAVEPOINT ${name}`)),
  };
}

function alreadyClosed(): DriverAdapterError {
  return new DriverAdapterError({ kind: 'TransactionAlreadyClosed', cause: 'The transaction has ended.' });
}

function readRows(connection: SqliteConnection, query: SqlQuery): SqlResultSet {
  const statement = connection.prepare(query.sql);
  const args = bind(query);
  if (statement.isReader) return toResultSet(statement.columnNames, statement.declaredTypes, statement.all(args));
  statement.run(args);
  return { columnNames: [], columnTypes: [], rows: [] };
}

function changeRows(connection: SqliteConnection, query: SqlQuery): number {
  const statement = connection.prepare(query.sql);
  const args = bind(query);
  return statement.isReader ? statement.all(args).length : statement.run(args);
}

function runControl(connection: SqliteConnection, sql: string): void {
  connection.prepare(sql).run([]);
}

function bind(query: SqlQuery): unknown[] {
  return query.args.map((value, i) => toSqliteValue(value, query.argTypes[i]));
}

/** Runs `work`; what it throws comes out as Prisma understands it. */
async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toDriverError(error);
  }
}

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'libsql';
import { isBusy } from './sqlite-errors.ts';
import type { SqliteLocation } from './sqlite-url.ts';

/** A prepared statement and what it gives back. */
export type SqliteStatement = {
  readonly columnNames: readonly string[];
  /** The types that the columns were declared with; null for an expression. */
  readonly declaredTypes: readonly (string | null)[];
  /** True when it gives rows: a SELECT, or anything with RETURNING. */
  readonly isReader: boolean;
  all(args: readonly unknown[]): unknown[][];
  /** How many rows it changed. */
  run(args: readonly unknown[]): number;
};

/** One connection to a SQLite file, and its prepared statements. Every call blocks; none waits for another process. */
export type SqliteConnection = {
  /** True between BEGIN and COMMIT or ROLLBACK, also of one that SQLite ended by itself after a grave error. */
  isInTransaction(): boolean;
  /** The statement for `sql`, prepared once and kept as long as it is among the last STATEMENTS_MAX used. */
  prepare(sql: string): SqliteStatement;
  /** Runs a script of several statements; prepared statements are forgotten, as the tables may have changed. */
  execute(script: string): void;
  close(): void;
};

const STATEMENTS_MAX = 500;
const CACHE_KIB = 8000;
const BUSY_POLL_MS_MIN = 1;
const BUSY_POLL_MS_MAX = 20;
/** Whole numbers of these columns may be past 2^53; an expression's (null) too. */
const WIDE = /^(BIGINT|INT8|UNSIGNED BIG INT)$/i;

/**
 * Opens a file, and makes it with its folder when absent. Write-ahead log: readers never wait for the writer. After a
 * kill of the process nothing committed is lost; after a power cut see `Synchronous`.
 */
export function openConnection(location: SqliteLocation, access: 'read' | 'write'): SqliteConnection {
  mkdirSync(path.dirname(path.resolve(location.file)), { recursive: true });
  // No blocking wait (timeout 0) for other processes: `retryWhileBusy` waits and lets the event loop go on.
  const database = new Database(location.file, { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode=WAL');
    database.exec(
      `PRAGMA synchronous=${location.synchronous}; PRAGMA foreign_keys=ON; PRAGMA cache_size=-${CACHE_KIB}`,
    );
    database.exec('PRAGMA temp_store=MEMORY');
    if (access === 'read') database.exec('PRAGMA query_only=ON');
  } catch (error) {
    database.close();
    throw error;
  }
  const statements = new Map<string, SqliteStatement>();
  return {
    isInTransaction: () => database.inTransaction,
    prepare: (sql) => {
      const known = statements.get(sql);
      const statement = known ?? prepareStatement(database, sql);
      // The Map's order is that of use: the oldest goes first.
      if (known) statements.delete(sql);
      else if (statements.size >= STATEMENTS_MAX) deleteOldest(statements);
      statements.set(sql, statement);
      return statement;
    },
    execute: (script) => {
      statements.clear();
      database.exec(script);
    },
    close: () => {
      statements.clear();
      // So that the file alone is the whole store once it is closed: a copy of it misses nothing.
      if (access === 'write' && !database.inTransaction) database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      database.close();
    },
  };
}

/**
 * Repeats `attempt` while another process holds the file's lock, for at most `waitMsMax`; then throws its error.
 * `attempt` must have no effect when it fails as busy: one statement outside a transaction, or BEGIN itself.
 */
export async function retryWhileBusy<T>(waitMsMax: number, attempt: () => T): Promise<T> {
  const deadlineMs = performance.now() + waitMsMax;
  for (let pollMs = BUSY_POLL_MS_MIN; ; pollMs = Math.min(pollMs * 2, BUSY_POLL_MS_MAX)) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadlineMs) throw error;
    }
    await delay(pollMs);
  }
}

function prepareStatement(database: Database.Database, sql: string): SqliteStatement {
  const statement = database.prepare<unknown[]>(sql);
  const columns = statement.reader ? statement.raw().columns() : [];
  const declaredTypes = columns.map((column) => column.type || null);
  statement.safeIntegers(declaredTypes.some((type) => type === null || WIDE.test(type)));
  return {
    columnNames: columns.map((column) => column.name),
    declaredTypes,
    isReader: statement.reader,
    all: (args) => statement.all(args) as unknown[][],
    run: (args) => statement.run(args).changes,
  };
}

function deleteOldest(statements: Map<string, SqliteStatement>): void {
  const [oldest] = statements.keys();
  if (oldest !== undefined) statements.delete(oldest);
}

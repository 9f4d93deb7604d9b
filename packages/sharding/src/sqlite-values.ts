import {
  type ArgType,
  type ColumnType,
  ColumnTypeEnum,
  DriverAdapterError,
  type SqlResultSet,
} from '@prisma/driver-adapter-utils';

const DECLARED: Readonly<Record<string, ColumnType>> = {
  DECIMAL: ColumnTypeEnum.Numeric,
  FLOAT: ColumnTypeEnum.Float,
  DOUBLE: ColumnTypeEnum.Double,
  REAL: ColumnTypeEnum.Double,
  NUMERIC: ColumnTypeEnum.Double,
  INT: ColumnTypeEnum.Int32,
  INTEGER: ColumnTypeEnum.Int32,
  SMALLINT: ColumnTypeEnum.Int32,
  TINYINT: ColumnTypeEnum.Int32,
  BIGINT: ColumnTypeEnum.Int64,
  DATETIME: ColumnTypeEnum.DateTime,
  TIMESTAMP: ColumnTypeEnum.DateTime,
  DATE: ColumnTypeEnum.Date,
  TIME: ColumnTypeEnum.Time,
  TEXT: ColumnTypeEnum.Text,
  VARCHAR: ColumnTypeEnum.Text,
  BLOB: ColumnTypeEnum.Bytes,
  BOOLEAN: ColumnTypeEnum.Boolean,
  JSONB: ColumnTypeEnum.Json,
};

/**
 * An argument of Prisma's as SQLite stores it: booleans 0 and 1, instants as RFC 3339 text that sorts by time.
 * @throws DriverAdapterError `InvalidInputValue` for text that would not come back as it is: with a NUL (U+0000), at
 * which libsql ends what it reads, or a lone surrogate, which it stores as U+FFFD. Also where it is only compared.
 */
export function toSqliteValue(value: unknown, type: ArgType | undefined): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Date) return instantText(value);
  if (typeof value === 'string') return fromText(value, type);
  return value;
}

/** Rows of SQLite as Prisma reads them. `rows` is changed in place: it is ours alone. */
export function toResultSet(
  columnNames: readonly string[],
  declaredTypes: readonly (string | null)[],
  rows: unknown[][],
): SqlResultSet {
  const columnTypes = declaredTypes.map((declared, column) => columnType(declared, column, rows));
  for (const row of rows) {
    for (let column = 0; column < row.length; column++) {
      row[column] = fromSqliteValue(row[column], columnTypes[column]);
    }
  }
  return { columnNames: [...columnNames], columnTypes, rows };
}

function fromText(value: string, type: ArgType | undefined): unknown {
  switch (type?.scalarType) {
    case 'int':
      return Number.parseInt(value, 10);
    case 'float':
    case 'decimal':
      return Number.parseFloat(value);
    case 'bigint':
      return BigInt(value);
    case 'datetime':
      return instantText(new Date(value));
    case 'bytes':
      return Buffer.from(value, 'base64');
    default:
      if (value.includes('\u0000') || !value.isWellFormed()) throw notStorable();
      return value;
  }
}

/** Does not repeat the text: it may be a secret, and would garble the log. */
function notStorable(): DriverAdapterError {
  return new DriverAdapterError({
    kind: 'InvalidInputValue',
    message: 'Text with a NUL character (U+0000) or a lone surrogate cannot be stored.',
  });
}

/** The way Prisma's own SQLite adapters write it, so that a file can go from one to the other. */
function instantText(instant: Date): string {
  return instant.toISOString().replace('Z', '+00:00');
}

/** An expression has no declared type: its first value that is not null tells. */
function columnType(declared: string | null, column: number, rows: readonly unknown[][]): ColumnType {
  const known = declared === null ? undefined : DECLARED[declared.toUpperCase()];
  if (known !== undefined) return known;
  for (const row of rows) {
    const value = row[column];
    if (value !== null && value !== undefined) return typeOfValue(value);
  }
  return ColumnTypeEnum.Int32;
}

function typeOfValue(value: unknown): ColumnType {
  if (typeof value === 'string') return ColumnTypeEnum.Text;
  if (typeof value === 'bigint') return ColumnTypeEnum.Int64;
  if (typeof value === 'boolean') return ColumnTypeEnum.Boolean;
  if (value instanceof Uint8Array) return ColumnTypeEnum.Bytes;
  return ColumnTypeEnum.UnknownNumber;
}

function fromSqliteValue(value: unknown, type: ColumnType | undefined): unknown {
  if (type === ColumnTypeEnum.DateTime && (typeof value === 'bigint' || typeof value === 'number')) {
    return new Date(Number(value)).toISOString();
  }
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

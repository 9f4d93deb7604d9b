// The shape of the tables that SQL scripts make, comparable however they came about.
import { createRequire } from 'node:module';

const Database = createRequire(new URL('../packages/sharding/package.json', import.meta.url))('libsql');

/** Runs the scripts in order on an empty SQLite database in memory; one line for each column, key and index, sorted. */
export function shapeOf(scripts) {
  const db = new Database(':memory:');
  try {
    for (const script of scripts) db.exec(script);
    const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all();
    return tables.flatMap(({ name }) => [...columns(db, name), ...indexes(db, name), ...foreignKeys(db, name)]).sort();
  } finally {
    db.close();
  }
}

function columns(db, table) {
  return db
    .prepare(`PRAGMA table_info("${table}")`)
    .all()
    .map(
      (it) => `${table}.${it.name} ${it.type}${it.notnull ? ' NOT NULL' : ''} default ${it.dflt_value} key ${it.pk}`,
    );
}

function indexes(db, table) {
  return db
    .prepare(`PRAGMA index_list("${table}")`)
    .all()
    .map((index) => {
      const of = db.prepare(`PRAGMA index_info("${index.name}")`).all();
      return `${table} ${index.unique ? 'unique ' : ''}index (${of.map((it) => it.name).join(', ')})`;
    });
}

function foreignKeys(db, table) {
  return db
    .prepare(`PRAGMA foreign_key_list("${table}")`)
    .all()
    .map(
      (it) => `${table}.${it.from} references ${it.table}.${it.to} on delete ${it.on_delete} on update ${it.on_update}`,
    );
}

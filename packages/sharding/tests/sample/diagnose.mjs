// Asks Prisma's own schema engine (the WebAssembly one, through our adapter) what it thinks of a migrated file.
// Prints its diagnosis, then what it would still apply.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createSqliteAdapterFactory } from '@playgraph/sharding/sqlite-adapter';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';

const [file, migrationsDir] = process.argv.slice(2);
const folder = path.dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'));
const bindings = await import(pathToFileURL(path.join(folder, 'schema_engine_bg.js')).href);
const module = await WebAssembly.compile(readFileSync(path.join(folder, 'schema_engine_bg.wasm')));
const instance = await WebAssembly.instantiate(module, { './schema_engine_bg.js': bindings });
bindings.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start?.();

const models = readFileSync(new URL('./models.snapshot.prisma', import.meta.url), 'utf8');
const schema = `datasource db {\n  provider = "sqlite"\n}\n${models}`;
const factory = {
  ...createSqliteAdapterFactory({ file }),
  connectToShadowDb: () => createSqliteAdapterFactory({ file: `${file}.shadow` }).connect(),
};
const bound = bindMigrationAwareSqlAdapterFactory(factory);
const engine = await bindings.SchemaEngine.new({ datamodels: [['schema.prisma', schema]] }, () => undefined, bound);

const input = { migrationsList: migrationsList(), filters: { externalTables: [], externalEnums: [] } };
console.log(JSON.stringify(await engine.diagnoseMigrationHistory({ ...input, optInToShadowDatabase: true })));
console.log(JSON.stringify(await engine.applyMigrations(input)));

function migrationsList() {
  const baseDir = fileURLToPath(migrationsDir);
  const read = (...names) => readFileSync(path.join(baseDir, ...names), 'utf8');
  const entries = readdirSync(baseDir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return {
    baseDir,
    shadowDbInitScript: '',
    lockfile: { path: 'migration_lock.toml', content: read('migration_lock.toml') },
    migrationDirectories: entries.map(({ name }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: read(name, 'migration.sql') } },
    })),
  };
}

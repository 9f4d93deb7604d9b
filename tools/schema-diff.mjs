// What SQL brings SQLite from one set of models to another, by the schema engine that Prisma publishes as WebAssembly.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import { datasource, forProvider } from './models.mjs';

const require = createRequire(import.meta.url);
const EXIT_DIFFERENT = 2;

/** The script from the models `before` (null: an empty database) to `after`, or null when nothing has to change. */
export async function diffModels(before, after) {
  const engine = await openEngine(after);
  const result = await engine.diff({
    from: before === null ? { tag: 'empty' } : { tag: 'schemaDatamodel', files: schemaFiles(before) },
    to: { tag: 'schemaDatamodel', files: schemaFiles(after) },
    script: true,
    exitCode: true,
    filters: { externalTables: [], externalEnums: [] },
  });
  return result.exitCode === EXIT_DIFFERENT ? result.stdout : null;
}

function schemaFiles(models) {
  return [{ path: 'schema.prisma', content: datasource('sqlite') + forProvider(models, 'sqlite') }];
}

async function openEngine(models) {
  bindingsPromise ??= loadBindings();
  const { SchemaEngine } = await bindingsPromise;
  const datamodels = schemaFiles(models).map((file) => [file.path, file.content]);
  return SchemaEngine.new({ datamodels }, () => undefined, bindMigrationAwareSqlAdapterFactory(noDatabase));
}

/** The bindings keep views on the memory of one instance, so there is one for the whole process. */
let bindingsPromise;

async function loadBindings() {
  const folder = path.dirname(require.resolve('@prisma/schema-engine-wasm'));
  const bindings = await import(pathToFileURL(path.join(folder, 'schema_engine_bg.js')).href);
  // The package's own entry imports the .wasm file as a module, which Node 20 cannot.
  const module = await WebAssembly.compile(readFileSync(path.join(folder, 'schema_engine_bg.wasm')));
  const instance = await WebAssembly.instantiate(module, { './schema_engine_bg.js': bindings });
  globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => console.error(`schema engine: ${message}`) };
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start?.();
  return bindings;
}

const fail = async () => {
  throw new Error('comparing models needs no database');
};
const connection = {
  provider: 'sqlite',
  adapterName: 'none',
  queryRaw: fail,
  executeRaw: fail,
  executeScript: fail,
  startTransaction: fail,
  dispose: async () => undefined,
};
/** The engine insists on a database to talk to; comparing models never does talk to it. */
const noDatabase = {
  provider: 'sqlite',
  adapterName: 'none',
  connect: async () => connection,
  connectToShadowDb: async () => connection,
};

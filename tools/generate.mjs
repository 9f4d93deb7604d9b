#!/usr/bin/env node
// node tools/generate.mjs [subgraph...] [--prisma-only] [--force]
// Writes, for the named subgraphs (all when none is named), into its generated folder: the Prisma client of
// prisma/<x>/models.prisma + prisma/shared.prisma, and the resolver types of subgraphs/<x>/schema.graphql.
// What has not changed since the last time is not done again. --prisma-only writes what running needs: no resolver
// types, and not the sample that the sharding package's tests use. When no subgraph is named it also writes the manifest of
// the store's ready-made operations (deploy/embedded/operations), for clients that may send nothing else.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { manifestOf, readOperationFiles } from './manifest.mjs';
import { datasource, existingTargets, forProvider, readModels, root, SAMPLE, targetOf } from './models.mjs';
import { runNode, runPrisma } from './prisma-cli.mjs';

const require = createRequire(import.meta.url);
const WORKERS_MAX = 2;

const { values: flags, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { 'prisma-only': { type: 'boolean' }, force: { type: 'boolean' } },
});

const isWanted = (target) => !flags['prisma-only'] || target.name !== SAMPLE;
const targets = names.length > 0 ? names.map(targetOf) : existingTargets().filter(isWanted);
const steps = [
  ...targets.map(prismaStep),
  ...(flags['prisma-only'] ? [] : targets.map(codegenStep)),
  ...(names.length > 0 ? [] : [manifestStep(path.join(root, 'deploy/embedded'))]),
].filter(Boolean);
if (!(await runAll(steps))) process.exitCode = 1;

/** At most WORKERS_MAX at a time; every failure is shown, and the rest goes on. */
async function runAll(queue) {
  let failed = 0;
  let done = 0;
  const total = queue.length;
  const work = async () => {
    for (let step = queue.shift(); step; step = queue.shift()) {
      const startedMs = performance.now();
      const error = await step.run().then(
        () => null,
        (reason) => reason,
      );
      done += 1;
      if (error) failed += 1;
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
      console.log(`generate ${done}/${total} ${step.name}: ${error ? `FAILED\n${error.message}` : `${seconds} s`}`);
    }
  };
  await Promise.all(Array.from({ length: WORKERS_MAX }, work));
  return failed === 0;
}

function prismaStep(target) {
  if (!existsSync(target.models)) return skip(target.name, path.relative(root, target.models));
  const schemaText = prismaSchema(readModels(target));
  const stamp = stampOf(path.join(target.generated, 'prisma.stamp'), [schemaText, versionOf('prisma')]);
  const output = path.join(target.generated, 'sqlite');
  if (stamp.isFresh() && existsSync(path.join(output, 'client.ts'))) return null;
  return {
    name: `${target.name} prisma client`,
    run: async () => {
      // Beside its final place: a rename must not cross file systems, and tools do not look into dot folders.
      const scratch = path.join(target.generated, `.scratch-${randomUUID()}`);
      mkdirSync(scratch, { recursive: true });
      try {
        const schema = path.join(scratch, 'schema.prisma');
        writeFileSync(schema, schemaText);
        await runPrisma(['generate', '--no-hints', '--schema', schema]);
        // Put in place whole, so that a process that starts meanwhile never reads half a client.
        rmSync(output, { recursive: true, force: true });
        renameSync(path.join(scratch, 'client'), output);
        stamp.write();
      } finally {
        rmSync(scratch, { recursive: true, force: true });
      }
    },
  };
}

function prismaSchema(models) {
  const generator = {
    provider: 'prisma-client',
    output: './client',
    runtime: 'nodejs',
    moduleFormat: 'esm',
    importFileExtension: 'ts',
    compilerBuild: 'small',
  };
  const lines = Object.entries(generator).map(([key, value]) => `  ${key} = "${value}"\n`);
  return `${datasource('sqlite')}generator client {\n${lines.join('')}}\n\n${forProvider(models, 'sqlite')}`;
}

function codegenStep(target) {
  if (target.name === SAMPLE) return null;
  const schema = path.join(target.folder, 'schema.graphql');
  if (!existsSync(schema)) return skip(target.name, path.relative(root, schema));
  const stamp = codegenStamp(target, schema);
  if (stamp.isFresh() && existsSync(path.join(target.generated, 'resolvers.ts'))) return null;
  return {
    name: `${target.name} resolver types`,
    run: async () => {
      const bin = path.join(path.dirname(require.resolve('@graphql-codegen/cli/package.json')), 'cjs/bin.js');
      await runNode([bin, '--config', 'codegen.ts'], { CODEGEN_SUBGRAPH: target.name });
      stamp.write();
    },
  };
}

function codegenStamp(target, schema) {
  const mappers = path.join(target.folder, 'codegen.mappers.json');
  return stampOf(path.join(target.generated, 'resolvers.stamp'), [
    readFileSync(schema),
    existsSync(mappers) ? readFileSync(mappers) : '',
    String(existsSync(path.join(target.folder, 'src/context.ts'))),
    readFileSync(path.join(root, 'codegen.ts')),
    versionOf('@graphql-codegen/cli'),
  ]);
}

function manifestStep(folder) {
  const files = readOperationFiles(path.join(folder, 'operations'));
  const output = path.join(folder, 'generated/persisted-operations.json');
  const tool = readFileSync(path.join(root, 'tools/manifest.mjs'));
  const stamp = stampOf(`${output}.stamp`, [tool, ...files.flatMap(({ file, text }) => [file, text])]);
  if (stamp.isFresh() && existsSync(output)) return null;
  return {
    name: 'persisted operations',
    run: async () => {
      const text = await manifestOf(files);
      mkdirSync(path.dirname(output), { recursive: true });
      writeFileSync(output, text);
      stamp.write();
    },
  };
}

/** Remembers in `file` the hash of the inputs that the generated code came from. */
function stampOf(file, inputs) {
  const hash = createHash('sha256');
  for (const input of inputs) hash.update(input).update('\0');
  const digest = hash.digest('hex');
  return {
    isFresh: () => !flags.force && existsSync(file) && readFileSync(file, 'utf8') === digest,
    write: () => {
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, digest);
    },
  };
}

function versionOf(dependency) {
  return (
    readFileSync(path.join(root, 'node_modules', dependency, 'package.json'), 'utf8').match(
      /"version": "(.*?)"/,
    )?.[1] ?? ''
  );
}

function skip(name, file) {
  if (names.includes(name)) console.log(`generate: ${file} does not exist yet, skipped`);
  return null;
}

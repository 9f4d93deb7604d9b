#!/usr/bin/env node
// npm run compose            writes gateway/supergraph.graphql from supergraph.yaml and the subgraphs' schemas
// npm run compose -- --check exits 1 when the committed file differs, composition fails or a hint warns
import { readFile, writeFile } from 'node:fs/promises';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { parse as parseYaml } from 'yaml';

const OUTPUT = 'gateway/supergraph.graphql';
const root = new URL('../', import.meta.url);
const isCheck = process.argv.includes('--check');

const { subgraphs } = parseYaml(await readFile(new URL('supergraph.yaml', root), 'utf8'));
const services = await Promise.all(
  Object.entries(subgraphs).map(async ([name, { routing_url: url, schema }]) => ({
    name,
    url,
    typeDefs: parse(await readFile(new URL(schema.file, root), 'utf8')),
  })),
);

const { errors, supergraphSdl, hints } = composeServices(services);
if (errors) {
  for (const error of errors) console.error(`error ${error.extensions?.code ?? ''}: ${error.message}\n`);
  fail(`composition failed with ${errors.length} errors`);
}

// A hint of level WARN, or one about something out of reach, is a field that a client cannot use as its owner meant.
const warnings = hints.filter(
  ({ definition, message }) => definition.level.name === 'WARN' || /unreachable|cannot be reached/i.test(message),
);
for (const { definition, message } of warnings) console.error(`hint ${definition.code}: ${message}\n`);
if (warnings.length > 0) fail(`composition gave ${warnings.length} warnings`);

const output = new URL(OUTPUT, root);
if (!isCheck) {
  await writeFile(output, supergraphSdl);
  console.log(`${OUTPUT}: ${services.length} subgraphs, ${hints.length} remarks`);
} else if ((await readFile(output, 'utf8').catch(() => '')) !== supergraphSdl) {
  fail(`${OUTPUT} has drifted from the schemas: run \`npm run compose\` and commit it`);
} else {
  console.log(`${OUTPUT} is current`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

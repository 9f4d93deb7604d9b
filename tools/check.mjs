#!/usr/bin/env node
// npm run check: everything that can be said about the code without running it. All checks run; all failures show.
import { run, setUp, step } from './setup.mjs';

const bin =
  (path, ...args) =>
  () =>
    run(process.execPath, [`node_modules/${path}`, ...args]);
const checks = {
  'Types (tsc)': bin('typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json'),
  'Types of k6 scenarios (tsc)': bin('typescript/bin/tsc', '-p', 'k6'),
  'Format and lint (biome)': bin('@biomejs/biome/bin/biome', 'check', '.'),
  'Promises (eslint)': bin('eslint/bin/eslint.js', '--max-warnings=0', 'packages', 'gateway', 'subgraphs', 'deploy'),
  'Boundaries (dependency-cruiser)': bin(
    'dependency-cruiser/bin/dependency-cruise.mjs',
    '--config',
    '.dependency-cruiser.mjs',
    '--output-type',
    'err',
    'packages',
    'gateway',
    'subgraphs',
    'deploy',
  ),
  'Dead code and dependencies (knip)': bin('knip/bin/knip.js'),
  'Supergraph (compose --check)': () => run(process.execPath, ['tools/compose.mjs', '--check']),
  'Migrations (db drift)': () => run(process.execPath, ['tools/db.mjs', 'drift']),
};

await setUp({ types: true });
const failed = [];
for (const [title, check] of Object.entries(checks)) await step(title, () => check().catch(() => failed.push(title)));
if (failed.length > 0) {
  console.error(`\nFailed: ${failed.join(', ')}`);
  process.exit(1);
}
console.log('\nAll checks passed.');

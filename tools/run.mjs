#!/usr/bin/env node
// node tools/run.mjs [--watch] ENTRY [ARG...]: sets up what is missing, then runs a TypeScript entry from source.
// `--watch` restarts it on every change. Signals go on to the entry; its exit code comes back.
import { spawn } from 'node:child_process';
import { ENV, NODE_FLAGS, setUp } from './setup.mjs';

/** How often it is looked whether npm is still there. */
const PARENT_CHECK_MS = 200;

const startedAt = Date.now();
const isWatch = process.argv[2] === '--watch';
const entry = process.argv.slice(isWatch ? 3 : 2);

await setUp({ types: isWatch }).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
const flags = isWatch ? ['node_modules/tsx/dist/cli.mjs', 'watch', '--conditions=@playgraph/source'] : NODE_FLAGS;
const child = spawn(process.execPath, [...flags, ...entry], {
  stdio: 'inherit',
  env: { ...process.env, ...ENV, PLAYGRAPH_STARTED_AT: String(startedAt) },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.once('exit', (code) => process.exit(code ?? 1));
followParent();

/** A SIGTERM to npm ends npm and its shell and reaches nobody else; so under npm the end of the parent counts as one. */
function followParent() {
  if (!process.env.npm_lifecycle_script?.includes('tools/run.mjs')) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, PARENT_CHECK_MS);
}

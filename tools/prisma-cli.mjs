// Runs Prisma's command line without its native schema engine, its update check and its hints.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from './models.mjs';

const require = createRequire(import.meta.url);

/** Resolves with what it printed; rejects with the same when it fails. */
export function runPrisma(args) {
  return runNode([require.resolve('prisma/build/index.js'), ...args], {
    PRISMA_SCHEMA_ENGINE_BINARY: path.join(root, 'tools/no-schema-engine.cjs'),
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  });
}

/** Runs Node with `args` at the root of the repository. */
export function runNode(args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...env } });
    let output = '';
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(output.trim() || `exit code ${code}`)),
    );
  });
}

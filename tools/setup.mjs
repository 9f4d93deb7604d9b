// What a fresh clone needs before anything runs: dependencies and generated code. A repeat costs milliseconds.
// Plain Node, no dependency: this is the first thing that runs.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const STAMP = `${root}node_modules/.playgraph-setup`;
const NODE_MIN = [20, 19];

/** Runs a command in the repository; rejects when it fails. `quiet` keeps its output back unless it does. */
export function run(command, args, { quiet = false, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      env: { ...process.env, ...env },
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) return resolve();
      if (quiet) process.stderr.write(output);
      reject(new Error(`\`${command} ${args.join(' ')}\` failed with ${code}`));
    });
  });
}

/** Installs and generates what is missing or stale. `types` also generates what only type checks and tests need. */
export async function setUp({ types }) {
  requireNode();
  const lock = createHash('sha256')
    .update(readFileSync(`${root}package-lock.json`))
    .digest('hex');
  if (!isInstalled(lock)) {
    await step('Installing dependencies (about a minute on a first run)', () =>
      run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { quiet: true }),
    );
    writeFileSync(STAMP, lock);
  }
  await run(process.execPath, ['tools/generate.mjs', ...(types ? [] : ['--prisma-only'])]);
}

/** Whether what is installed is what `lock` (a digest) says: we installed it, or somebody did by npm after its last change. */
function isInstalled(lock) {
  if (existsSync(STAMP)) return readFileSync(STAMP, 'utf8') === lock;
  // npm writes its own list when it is done.
  const own = `${root}node_modules/.package-lock.json`;
  return existsSync(own) && statSync(own).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs;
}

/** Says what a long step does and how long it took. */
export async function step(title, work) {
  const startedAt = performance.now();
  process.stdout.write(`${title} ...\n`);
  await work();
  process.stdout.write(`  done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
}

/** How Node runs our TypeScript from source. */
export const NODE_FLAGS = ['--conditions=@playgraph/source', '--import=tsx'];

/** What every process of the project runs with. */
export const ENV = { CHECKPOINT_DISABLE: '1' };

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  console.error(`Playgraph needs Node >= ${NODE_MIN.join('.')}; this is ${process.versions.node}.`);
  process.exit(1);
}

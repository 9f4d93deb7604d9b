#!/usr/bin/env node
// The store as a newcomer meets it: `npm start` on no data, the tour, a kill, a second start on the same data, the tour
// again. Prints how long each start took and the memory at the end; fails when a step does not hold, never on a time.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENV, NODE_FLAGS, run, setUp } from './setup.mjs';

const START_WAIT_MS = 180_000;
const READY_PATTERN = /(http:\/\/\S+)\/graphql/;

await setUp({ types: false });
const dataDir = mkdtempSync(join(tmpdir(), 'playgraph-smoke-'));
try {
  for (const title of ['first start', 'second start']) {
    const store = await start(title);
    await run(process.execPath, [...NODE_FLAGS, 'deploy/embedded/src/tour.ts', '--url', store.url], { env: ENV });
    console.log(`${title}: ${residentMiB(store.child.pid)} MiB resident after the tour`);
    await store.kill();
  }
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}

/** Starts the store on a free port and waits for its address. */
function start(title) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...NODE_FLAGS, 'deploy/embedded/src/main.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...ENV, PORT: '0', DATA_DIR: dataDir, PLAYGRAPH_STARTED_AT: String(Date.now()) },
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const kill = () => {
    child.kill('SIGKILL');
    return exited;
  };
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${title}: no address within ${START_WAIT_MS} ms`));
    }, START_WAIT_MS);
    exited.then((code) => reject(new Error(`${title}: ended with ${code}`)));
    let output = '';
    child.stdout.on('data', (chunk) => {
      process.stdout.write(chunk);
      output += chunk;
      const url = READY_PATTERN.exec(output)?.[1];
      if (!url) return;
      clearTimeout(timer);
      console.log(`${title}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s to the first answered query`);
      resolve({ url, child, kill });
    });
  });
}

function residentMiB(pid) {
  try {
    const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib ? Math.round(Number(kib) / 1024) : 'unknown';
  } catch {
    return 'unknown'; // no /proc on this system
  }
}

#!/usr/bin/env node
// The gateway as a command; `npm run build` compiles what it runs.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write('playgraph-gateway: it is not compiled yet; run `npm run build` first.\n');
  process.exitCode = 1;
}

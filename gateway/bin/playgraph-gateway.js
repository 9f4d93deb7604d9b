#!/usr/bin/env -S node --max-semi-space-size=32
// The gateway as a command; `npm run build` compiles what it runs. With many requests under way most of what is young
// survives a collection; more room for it means fewer of them (`npm run bench:gateway -- --scenarios a --node-flag ...`).
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write('playgraph-gateway: it is not compiled yet; run `npm run build` first.\n');
  process.exitCode = 1;
}

#!/usr/bin/env node
// npm test: sets up what is missing, then runs every suite that needs no service. Further arguments go to vitest.
import { ENV, run, setUp } from './setup.mjs';

try {
  await setUp({ types: true });
  await run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)], { env: ENV });
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

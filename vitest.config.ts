import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const conditions = ['@playgraph/source'];
const suite = (name: string, include: string[], extra: object = {}) => ({
  extends: true as const,
  test: { name, include, ...extra },
});

/** Two kinds of suites: `unit` (packages, gateway, subgraphs) and `e2e` (the composed store over HTTP and WebSocket). */
export default defineConfig({
  // Node takes graphql's CommonJS build, as Apollo's packages do; Vite would take the other one: two realms.
  resolve: { alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }] },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    testTimeout: 20_000,
    hookTimeout: 60_000,
    projects: [
      suite('unit', ['{packages,subgraphs}/*/tests/**/*.test.ts', 'gateway/tests/**/*.test.ts']),
      suite('e2e', ['deploy/*/tests/**/*.test.ts'], {
        testTimeout: 60_000,
        hookTimeout: 120_000,
        fileParallelism: false,
      }),
    ],
  },
});

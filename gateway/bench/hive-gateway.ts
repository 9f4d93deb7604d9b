import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, type Running, start } from './processes.ts';

const folder = fileURLToPath(new URL('../../.data/bench/hive-gateway/', import.meta.url));
const INSTALL_MS_MAX = 300_000;

const PACKAGE = {
  name: 'bench-hive-gateway',
  private: true,
  dependencies: {
    '@graphql-hive/gateway': '2.15.1',
    '@graphql-hive/router-runtime': '1.4.23',
    graphql: '^16.11.0',
  },
  // A later version is asked for than every registry has.
  overrides: { '@graphql-tools/batch-execute': '10.2.0' },
};

/** Installs Hive Gateway into `.data/bench/` unless it is there. Why that failed; null when it did not. */
export async function installHiveGateway(): Promise<string | null> {
  const manifest = JSON.stringify(PACKAGE, null, 2);
  if (existsSync(join(folder, 'installed.json'))) return null;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), manifest);
  const npm = start(
    { command: 'npm', args: ['install', '--no-audit', '--no-fund', '--loglevel=error'], cwd: folder },
    { core: null },
  );
  const isDone = await endsWithin(npm, INSTALL_MS_MAX);
  await npm.stop();
  if (!isDone) return `npm install took more than ${INSTALL_MS_MAX / 1000} s`;
  if (npm.child.exitCode !== 0) return npm.output().trim().split('\n').slice(0, 3).join(' ');
  writeFileSync(join(folder, 'installed.json'), manifest);
  return null;
}

/** Its command with the Rust planner; sharing of equal requests in flight is on or off on both its sides. */
export function hiveGatewayCommand(supergraphFile: string, port: number, shares: boolean): Command {
  const configFile = join(folder, shares ? 'sharing.config.mjs' : 'alone.config.mjs');
  const config = {
    inboundInflightRequestDeduplication: shares,
    transportEntries: { '*.http': { options: { deduplicateInflightRequests: shares } } },
  };
  writeFileSync(configFile, `export const gatewayConfig = ${JSON.stringify(config)};\n`);
  const args = ['supergraph', supergraphFile, '--hive-router-runtime', '--config-path', configFile];
  return {
    command: process.execPath,
    args: [
      join(folder, 'node_modules/@graphql-hive/gateway/dist/bin.js'),
      ...args,
      '--host',
      '127.0.0.1',
      '--port',
      `${port}`,
    ],
    cwd: folder,
  };
}

function endsWithin(process: Running, msMax: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), msMax);
    process.child.once('exit', () => {
      clearTimeout(timer);
      resolve(true);
    });
    process.child.once('error', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { createLocalEventLog } from '@playgraph/events/local-event-log';
import { loadConfig as loadGatewayConfig } from '@playgraph/gateway/config';
import { startGateway } from '@playgraph/gateway/start-gateway';
import { systemClock as clock } from '@playgraph/kernel/clock';
import { createIds } from '@playgraph/kernel/ids';
import { silentLogger as logger } from '@playgraph/kernel/logger';
import { systemRandom as random } from '@playgraph/kernel/random';
import { serveSubgraph } from '@playgraph/server/serve-subgraph';
import { createSubgraphClient } from '@playgraph/testkit/subgraph-client';
import { loadConfig, SUBGRAPH_NAMES, type SubgraphName } from '../src/config.ts';
import { makeDemoWorld } from '../src/demo-world.ts';
import { loadOrCreateSecrets, type Secrets } from '../src/secrets.ts';
import { closeAll, createSubgraphs, drainEvents, openStores } from '../src/subgraphs.ts';

const HOST = '127.0.0.1';
const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** One subgraph as the gateway reaches it. */
export type Reach = {
  readonly url: string;
  /** Ends it for the gateway: its sockets, its port. What is written to its store goes on. */
  stop(): Promise<void>;
  /** Brings it back at the same address. */
  start(): Promise<void>;
};

/**
 * The demo world behind the gateway as operators run it: over HTTP and WebSocket, with the store's own `gateway.yaml`. The
 * leaderboard is a process of its own, which `stop` kills; the others are served by this one. `inside` asks a subgraph
 * beside the gateway, also while that does not reach it.
 */
export async function startSplitStore() {
  const dataDir = await mkdtemp(join(tmpdir(), 'playgraph-split-'));
  const config = loadConfig({ DATA_DIR: dataDir });
  await makeDemoWorld({ DATA_DIR: dataDir }, () => undefined);
  const secrets = loadOrCreateSecrets(join(dataDir, 'keys', 'secrets.json'));
  const log = createLocalEventLog({ logger, isHeld: true });
  const hot = createMemoryHotStore({ clock });
  const stores = await openStores(config);
  const platform = { clock, random, ids: createIds({ clock, random }), log, hot, logger };
  const subgraphs = await createSubgraphs(stores, platform, config);
  log.release();
  await drainEvents(subgraphs);

  const reachOf = async (name: SubgraphName): Promise<Reach> => {
    const serve = (port: number) =>
      serveSubgraph({ subgraph: subgraphs[name], host: HOST, port, identitySecret: secrets.identity, logger });
    return name === 'leaderboard'
      ? reachProcess((port) => spawnLeaderboard(secrets, { port, shardUrls: config.shardUrls.leaderboard }))
      : reachServer(serve);
  };
  const reaches = new Map(await Promise.all(SUBGRAPH_NAMES.map(async (name) => [name, await reachOf(name)] as const)));
  const getReach = (name: SubgraphName): Reach => {
    const reach = reaches.get(name);
    if (!reach) throw new TypeError(`no subgraph ${name}`);
    return reach;
  };
  const addresses = [...reaches].map(([name, { url }]) => [`SUBGRAPH_URL_${name.toUpperCase()}`, `${url}/graphql`]);
  const gateway = await startGateway(
    loadGatewayConfig({
      env: {
        ...Object.fromEntries(addresses),
        PORT: '0',
        LOG_LEVEL: 'silent',
        SUPERGRAPH: fileOf('../../../gateway/supergraph.graphql'),
        PLAYGRAPH_GATEWAY_CONFIG: fileOf('../gateway.yaml'),
        IDENTITY_SECRET: secrets.identity,
        JWKS_URL: `${getReach('user').url}/.well-known/jwks.json`,
      },
    }),
  );
  return {
    url: gateway.url,
    reach: getReach,
    inside: (name: SubgraphName, userId: string) => createSubgraphClient(subgraphs[name], userId),
    async close() {
      await gateway.close();
      await Promise.all([...reaches.values()].map((reach) => reach.stop()));
      await closeAll(subgraphs);
      await log.close();
      await hot.close();
      await closeAll(stores);
      await rm(dataDir, { recursive: true });
    },
  };
}

async function reachServer(
  serve: (port: number) => Promise<{ readonly url: string; close(): Promise<void> }>,
): Promise<Reach> {
  let served: Awaited<ReturnType<typeof serve>> | null = await serve(0);
  const { url } = served;
  return {
    url,
    async stop() {
      await served?.close();
      served = null;
    },
    async start() {
      served = await serve(Number(new URL(url).port));
    },
  };
}

type Spawned = { readonly url: string; readonly child: ChildProcess };

async function reachProcess(spawnAt: (port: number) => Promise<Spawned>): Promise<Reach> {
  let { url, child } = await spawnAt(0);
  return {
    url,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
    async start() {
      ({ url, child } = await spawnAt(Number(new URL(url).port)));
    },
  };
}

/** Another process on the shards that this one has open as well. Resolves when it is ready. */
async function spawnLeaderboard(
  secrets: Secrets,
  { port, shardUrls }: { readonly port: number; readonly shardUrls: readonly string[] },
): Promise<Spawned> {
  const entry = fileURLToPath(import.meta.resolve('@playgraph/leaderboard/main'));
  const env = {
    ...process.env,
    HOST,
    PORT: String(port),
    IDENTITY_SECRET: secrets.identity,
    TICKET_SECRET: secrets.ticket,
    EVENT_SECRET: secrets.event,
    LEADERBOARD_SHARDS: shardUrls.join(','),
  };
  // With a channel: should this process be killed, that one closes.
  const child = spawn(process.execPath, ['--conditions=@playgraph/source', '--import=tsx', entry], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env,
  });
  const { stderr } = child;
  if (!stderr) throw new TypeError('no pipe');
  return new Promise((resolve, reject) => {
    let output = '';
    child.once('exit', (code) => reject(new Error(`the leaderboard ended with ${String(code)}: ${output}`)));
    stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const url = /"url":"(http:[^"]+)".*is ready/.exec(output)?.[1];
      if (url) resolve({ url, child });
    });
  });
}

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type EmbeddedConfig, SUBGRAPH_NAMES, type SubgraphName } from '../config.ts';
import { loadOrCreateSecrets } from '../secrets.ts';
import { eventPeersOf, portsFrom } from './topology.ts';

/** How long a process may take until it is ready. */
const READY_MS_MAX = 60_000;
const READY_POLL_MS = 100;
/** How long a process may take to close before it is killed. */
const CLOSE_MS_MAX = 20_000;
const LOOPBACK = '127.0.0.1';
const SECRET_BYTES = 32;

export type ServicesOptions = Pick<EmbeddedConfig, 'dataDir' | 'host' | 'port' | 'shardUrls'> & {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onStep: (step: string) => void;
};

export type RunningServices = {
  readonly url: string;
  /** Resolves with the name of a process that ended by itself. */
  readonly failed: Promise<string>;
  /** Sends a signal to one process: for drills. */
  kill(name: string, signal: NodeJS.Signals): void;
  close(): Promise<void>;
};

type Service = {
  readonly name: string;
  readonly url: string;
  kill(signal: NodeJS.Signals): void;
  readonly exited: Promise<void>;
};

/**
 * The store as a gateway and six subgraphs, each its own process on this machine: the gateway at `port`, the subgraphs
 * at the six ports after it. The subgraphs answer on loopback only; identities, tickets and events are signed with
 * secrets from the data folder. The subgraphs tell the gateway what has changed, by a secret of this start alone unless
 * GATEWAY_CACHE_INVALIDATE_SECRET holds one.
 */
export async function startServices(options: ServicesOptions): Promise<RunningServices> {
  const secrets = loadOrCreateSecrets(join(options.dataDir, 'keys', 'secrets.json'));
  const ports = portsFrom(options.port + 1);
  const urlOf = (name: SubgraphName) => `http://${LOOPBACK}:${ports.get(name)}`;
  const url = `http://${options.host}:${options.port}`;
  const invalidateSecret =
    options.env.GATEWAY_CACHE_INVALIDATE_SECRET || randomBytes(SECRET_BYTES).toString('base64url');
  const common = {
    ...options.env,
    IDENTITY_SECRET: secrets.identity,
    TICKET_SECRET: secrets.ticket,
    EVENT_SECRET: secrets.event,
  };
  const services = SUBGRAPH_NAMES.map((name) =>
    start(name, fileURLToPath(import.meta.resolve(`@playgraph/${name}/main`)), urlOf(name), {
      ...common,
      HOST: LOOPBACK,
      PORT: String(ports.get(name)),
      [`${name.toUpperCase()}_SHARDS`]: options.shardUrls[name].join(','),
      EVENT_PEERS: JSON.stringify(eventPeersOf(name, urlOf)),
      CACHE_INVALIDATE_URLS: `${url}/cache/invalidate`,
      CACHE_INVALIDATE_SECRET: invalidateSecret,
      GAME_BUILDS_DIR: join(options.dataDir, 'game', 'builds'),
      USER_SIGNING_KEY_FILE: join(options.dataDir, 'keys', 'access-token.pem'),
    }),
  );
  services.push(
    start('gateway', fileURLToPath(import.meta.resolve('@playgraph/gateway/main')), url, {
      ...common,
      HOST: options.host,
      PORT: String(options.port),
      GATEWAY_CACHE_INVALIDATE_SECRET: invalidateSecret,
      JWKS_URL: `${urlOf('user')}/.well-known/jwks.json`,
      NODE_ENV: options.env.NODE_ENV ?? 'development',
      SUPERGRAPH: fileURLToPath(new URL('../../../../gateway/supergraph.graphql', import.meta.url)),
      PLAYGRAPH_GATEWAY_CONFIG: fileURLToPath(new URL('../../gateway.yaml', import.meta.url)),
      GATEWAY_PERSISTED_OPERATIONS_MANIFEST: fileURLToPath(
        new URL('../../generated/persisted-operations.json', import.meta.url),
      ),
      OPERATIONS_DIR: fileURLToPath(new URL('../../operations', import.meta.url)),
      ...Object.fromEntries(
        SUBGRAPH_NAMES.map((name) => [`SUBGRAPH_URL_${name.toUpperCase()}`, `${urlOf(name)}/graphql`]),
      ),
    }),
  );
  let isClosing = false;
  const close = () => {
    isClosing = true;
    return closeServices(services);
  };
  try {
    for (const service of services) {
      await waitUntilReady(service);
      options.onStep(`${service.name} is ready at ${service.url}`);
    }
  } catch (error) {
    await close();
    throw error;
  }
  const failed = new Promise<string>((resolve) => {
    for (const { name, exited } of services) void exited.then(() => isClosing || resolve(name));
  });
  const kill = (name: string, signal: NodeJS.Signals) =>
    services.find((service) => service.name === name)?.kill(signal);
  return { url, failed, kill, close };
}

/** With a channel: a process whose parent was killed notices it and closes. */
function start(name: string, entry: string, url: string, env: Record<string, string | undefined>): Service {
  const flags = ['--conditions=@playgraph/source', '--import=tsx'];
  const child = spawn(process.execPath, [...flags, entry], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return { name, url, kill: (signal) => void child.kill(signal), exited };
}

async function waitUntilReady({ name, url, exited }: Service): Promise<void> {
  let hasExited = false;
  void exited.then(() => {
    hasExited = true;
  });
  for (const deadline = Date.now() + READY_MS_MAX; Date.now() < deadline; ) {
    if (hasExited) throw new Error(`${name} ended before it was ready`);
    const isReady = await fetch(`${url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
  throw new Error(`${name} was not ready within ${READY_MS_MAX} ms`);
}

/** The gateway first, so that nothing new comes in; then the subgraphs together. */
async function closeServices(services: readonly Service[]): Promise<void> {
  const gateway = services.filter(({ name }) => name === 'gateway');
  const subgraphs = services.filter(({ name }) => name !== 'gateway');
  for (const group of [gateway, subgraphs]) await Promise.all(group.map(closeService));
}

async function closeService({ kill, exited }: Service): Promise<void> {
  kill('SIGTERM');
  const timer = setTimeout(() => kill('SIGKILL'), CLOSE_MS_MAX);
  await exited;
  clearTimeout(timer);
}

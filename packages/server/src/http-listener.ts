import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** How long running requests may take to finish once a server drains, when nothing else is said. */
export const DRAIN_MS_MAX = 10_000;
/** How often connections that have become idle are closed meanwhile. */
const DRAIN_STEP_MS = 50;

/** Connections on which nothing was asked yet: clients open them ahead, and Node does not count them as idle. */
const unusedOf = new WeakMap<Server, Set<Socket>>();

/** Listens at `host` and `port` (0 takes a free one); the base address once it does. Rejects when that cannot be had. */
export function listen(server: Server, { host, port }: { host: string; port: number }): Promise<string> {
  trackUnused(server);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const { port: actual } = server.address() as AddressInfo;
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${actual}`);
    });
  });
}

/** Takes no more connections, lets running requests finish for `drainMsMax`, then closes what is left. */
export async function drain(server: Server, drainMsMax = DRAIN_MS_MAX): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A client keeps its connection open after the last answer: without these steps we would wait for its time-out.
  const closeIdle = () => {
    server.closeIdleConnections();
    for (const socket of unusedOf.get(server) ?? []) socket.destroy();
  };
  const steps = setInterval(closeIdle, DRAIN_STEP_MS);
  const killer = setTimeout(() => server.closeAllConnections(), drainMsMax);
  closeIdle();
  await closed;
  clearInterval(steps);
  clearTimeout(killer);
}

function trackUnused(server: Server): void {
  const unused = new Set<Socket>();
  unusedOf.set(server, unused);
  server.on('connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  const markUsed = ({ socket }: { socket: Socket }) => void unused.delete(socket);
  server.on('request', markUsed);
  server.on('upgrade', markUsed);
}

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLogger } from '@playgraph/kernel/logger';
import type { Transport } from '@playgraph/server/transport';
import { onTestFinished } from 'vitest';
import { createGateway, type GatewayDeps } from '../../src/gateway.ts';
import type { createTestGraph } from '../test-graph.ts';

type World = ReturnType<typeof createTestGraph>;

const POLL_MS = 5;

/** A loaded gateway whose supergraph is at an address, and changes there when the test says so. */
export async function openChangingGateway(first: World, options: Partial<GatewayDeps> = {}) {
  let world = first;
  const server = createServer((_request, response) => void response.end(world.supergraphSdl));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const [changes, ready] = [createSignal(), createSignal()];
  const gateway = createGateway({
    source: { url, pollMs: POLL_MS },
    createTransport: ({ name }) => followTransport(() => world.graph.transports.get(name)),
    logger: {
      ...silentLogger,
      info: (_fields, message) => {
        if (message === 'operations are ready') ready.fire();
      },
    },
    onSupergraph: () => changes.fire(),
    ...options,
  });
  onTestFinished(async () => {
    await gateway.forServer.stop();
    await gateway.close();
    server.closeAllConnections();
    server.close();
  });
  return {
    gateway,
    /** Resolves when the operations of the version in force, or of the next one, are made ready. */
    untilReady: ready.next,
    load: async () => void (await gateway.forServer.load({ apollo: {} as never })),
    /** Resolves when this version is in force. */
    changeTo: async (next: World) => {
      const changed = changes.next();
      world = next;
      await changed;
    },
  };
}

function createSignal() {
  const waiting: (() => void)[] = [];
  return {
    fire: () => {
      for (const wake of waiting.splice(0)) wake();
    },
    next: () => new Promise<void>((resolve) => waiting.push(resolve)),
  };
}

/** The way to a subgraph of the version that is served now. */
function followTransport(find: () => Transport | undefined): Transport {
  const now = (): Transport => {
    const transport = find();
    if (!transport) throw new Error('there is no such subgraph');
    return transport;
  };
  return {
    execute: (request, info) => now().execute(request, info),
    subscribe: (request, info) => now().subscribe(request, info),
    close: async () => undefined,
  };
}

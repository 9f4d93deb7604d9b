import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@playgraph/kernel/logger';
import { lostResponse } from '@playgraph/server/socket-transport';
import type { Transport } from '@playgraph/server/transport';
import { onTestFinished } from 'vitest';
import { createGateway, type GatewayDeps } from '../../src/gateway.ts';
import { type ServeGatewayDeps, serveGateway } from '../../src/http/serve-gateway.ts';
import { createTestGraph, type SubgraphParts } from '../test-graph.ts';
import { createCountingObserver, createLiveParts } from './live-graph.ts';

/** An HTTP protocol for subscriptions, as a client sees it. */
export const PROTOCOLS = [
  {
    protocol: 'server-sent events',
    accept: 'text/event-stream',
    /** Every answer so far; the reasons of an end stand among them. */
    answersIn: (text: string) => bodiesIn(text, /^data: (\{.*\})$/gm),
    /** The errors with which the stream itself failed: they come without any data. */
    failureIn: (text: string) => bodiesIn(text, /^data: (\{.*\})$/gm).find((body) => !('data' in body))?.errors,
    end: /event: complete\ndata: \n\n/,
  },
  {
    protocol: 'multipart',
    accept: 'multipart/mixed;subscriptionSpec=1.0',
    answersIn: (text: string) =>
      bodiesIn(text, /^(\{"payload":.*\})\r$/gm).map(({ payload, errors }) => payload ?? { errors }),
    failureIn: (text: string) =>
      bodiesIn(text, /^(\{"payload":.*\})\r$/gm).find(({ payload }) => payload === null)?.errors,
    end: /--graphql--\r\n/,
  },
] as const;

type Answer = { data?: unknown; errors?: { extensions: object }[]; payload?: Answer };

function bodiesIn(text: string, pattern: RegExp): Answer[] {
  return [...text.matchAll(pattern)].map(([, body = '']) => JSON.parse(body) as Answer);
}

/** The whole gateway over the live graph, on a port; every token counts. */
export async function serveHttpLive(
  given: { readonly gateway?: Partial<GatewayDeps>; readonly door?: Partial<ServeGatewayDeps> } = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-streams-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'supergraph.graphql');
  const { live, users, ...parts } = createLiveParts();
  const { graph, supergraphSdl } = createTestGraph({ live, users });
  await writeFile(file, supergraphSdl);
  const { observer, counts } = createCountingObserver();
  const gateway = createGateway({
    source: { file },
    createTransport: ({ name }) => {
      const transport = graph.transports.get(name === 'people' ? 'users' : name);
      if (!transport) throw new TypeError(`no subgraph ${name}`);
      return thatGetsLost(transport);
    },
    logger: silentLogger,
    streamObserver: observer,
    ...given.gateway,
  });
  const served = await serveGateway({
    gateway,
    host: '127.0.0.1',
    port: 0,
    verifyToken: async () => ({ userId: 'ada', sessionId: 's', scopes: [] }),
    isDevelopment: false,
    corsOrigins: [],
    operationsDir: null,
    routes: [],
    checkReady: async () => undefined,
    logger: silentLogger,
    ...given.door,
  });
  onTestFinished(() => served.close());
  const url = `${served.url}/graphql`;
  const post = (accept: string, query: string, init: RequestInit & { token?: string } = {}) =>
    fetch(url, {
      method: 'POST',
      body: JSON.stringify({ query }),
      ...init,
      headers: {
        'content-type': 'application/json',
        accept,
        ...(init.token ? { authorization: `Bearer ${init.token}` } : {}),
      },
    });
  return {
    ...parts,
    gateway,
    counts,
    url,
    post,
    close: served.close,
    users,
    live,
    /** An answer of which nothing is read until somebody listens. */
    async openPaused(accept: string, query: string) {
      const headers = { accept, 'content-type': 'application/json' };
      const asked = request(url, { method: 'POST', headers, agent: false });
      onTestFinished(() => void asked.destroy());
      asked.on('error', () => undefined);
      asked.end(JSON.stringify({ query }));
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      return response.on('error', () => undefined);
    },
    /** Puts another supergraph in force. */
    async change(next: Readonly<Record<string, SubgraphParts>>) {
      const newer = join(folder, 'newer.graphql');
      await writeFile(newer, createTestGraph(next).supergraphSdl);
      await rename(newer, file);
    },
  };
}

/** The room `lost` is one of which the way breaks, to `closed` there is none. */
function thatGetsLost(transport: Transport): Transport {
  return {
    ...transport,
    async *subscribe(request, info) {
      if (request.query.includes('"closed"'))
        return yield { errors: [{ message: 'no way', extensions: { code: 'UNAVAILABLE' } }] };
      if (!request.query.includes('"lost"')) return yield* transport.subscribe(request, info);
      yield { data: { said: { text: 'before' } } };
      yield lostResponse('UPSTREAM_LOST', 'gone');
    },
  };
}

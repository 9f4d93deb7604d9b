import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '@playgraph/gateway/config';
import { createGateway } from '@playgraph/gateway/gateway';
import { createAudienceRule, findUnknownFields } from '@playgraph/gateway/subscriptions/audience';
import { silentLogger } from '@playgraph/kernel/logger';
import { expect, test } from 'vitest';
import { PUBLIC_FIELDS } from '../src/public-fields.ts';

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const file = fileOf('../../../gateway/supergraph.graphql');

async function loadGraph() {
  const unused = () => Promise.reject(new Error('no call is made'));
  const transport = { execute: unused, subscribe: () => unused() as never, close: async () => undefined };
  const gateway = createGateway({ source: { file }, createTransport: () => transport, logger: silentLogger });
  await gateway.forServer.load({ apollo: {} });
  const graph = gateway.graph();
  await gateway.forServer.stop();
  await gateway.close();
  return graph;
}

test('both forms of the store hold the same fields for public, and the graph has them all', async () => {
  const env = { SUPERGRAPH: file, PLAYGRAPH_GATEWAY_CONFIG: fileOf('../gateway.yaml') };
  expect(loadConfig({ env }).subscriptions.publicFields).toEqual(PUBLIC_FIELDS);
  expect(findUnknownFields((await loadGraph()).apiSchema, PUBLIC_FIELDS)).toEqual([]);
});

test.each([
  ['a board’s changes', readFileSync(fileOf('../operations/61-rank-changed.graphql'), 'utf8'), 'EVERYBODY'],
  [
    'those with what is the player’s own on the board',
    'subscription { rankChanged(leaderboardId: "x") { leaderboard { viewerEntry { rank } } } }',
    'CALLER',
  ],
  [
    'those with whether the player owns the game',
    'subscription { rankChanged(leaderboardId: "x") { entry { score } leaderboard { game { id isOwned } } } }',
    'EVENTS',
  ],
  ['an order', readFileSync(fileOf('../operations/22-order-updated.graphql'), 'utf8'), 'CALLER'],
  ['a wallet', readFileSync(fileOf('../operations/28-wallet-updated.graphql'), 'utf8'), 'CALLER'],
  ['messages', readFileSync(fileOf('../operations/51-message-received.graphql'), 'utf8'), 'CALLER'],
])('who shares a stream: %s', async (_title, query, audience) => {
  const graph = await loadGraph();
  const operation = graph.catalogue.prepare(query, undefined);
  if ('errors' in operation) throw new Error(JSON.stringify(operation.errors));
  expect(createAudienceRule(PUBLIC_FIELDS)(graph, operation, graph.compile(operation))).toBe(audience);
});

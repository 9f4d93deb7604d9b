import { type Client, createClient } from 'graphql-ws';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { serveSmallGateway } from './served-gateway.ts';

let world: Awaited<ReturnType<typeof serveSmallGateway>>;
let state: typeof world.state;
let url: string;
const clients: Client[] = [];

beforeEach(async () => {
  world = await serveSmallGateway();
  ({ state, url } = world);
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.dispose()));
  await world.remove();
});

function connect(connectionParams: Record<string, unknown> = {}): Client {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams,
    retryAttempts: 0,
  });
  clients.push(client);
  return client;
}

test('a subscription streams over graphql-ws and ends at the subgraph when the client completes', async () => {
  const events: unknown[] = [];
  for await (const { data } of connect().iterate({ query: 'subscription { counted(to: 3) }' })) {
    events.push(data);
    if (events.length === 3) break;
  }
  expect(events).toEqual([{ counted: 1 }, { counted: 2 }, { counted: 3 }]);
  await state.ended.opened;
});

test('queries run over the socket as whoever connected', async () => {
  const query = { query: '{ whoAmI }' };
  const answers: unknown[] = [];
  for await (const answer of connect({ authorization: 'Bearer good' }).iterate(query)) answers.push(answer);
  expect(answers).toEqual([{ data: { whoAmI: 'user_1' } }]);
});

test('a socket with a token that does not count is closed with 4401', async () => {
  const events = connect({ authorization: 'Bearer bad' }).iterate({ query: '{ whoAmI }' });
  await expect(events.next()).rejects.toMatchObject({ code: 4401 });
});

test('an operation that is not valid is refused on the socket before it runs', async () => {
  const events = connect().iterate({ query: 'subscription { counted }' });
  await expect(events.next()).rejects.toEqual([
    expect.objectContaining({
      message: expect.stringContaining('counted'),
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    }),
  ]);
});

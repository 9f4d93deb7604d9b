import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSchema, type GraphQLSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';

// The page's own modules, which browsers load as they are: plain JavaScript without types.
const load = (name: string) => import(new URL(`../explorer/${name}`, import.meta.url).href);
const { pickOperation } = await load('pick-operation.js');
const { tokens } = await load('highlight.js');
const { fill, remember } = await load('memory.js');
const { createSchema, printType } = await load('schema.js');
const { follow } = await load('client.js');

let server: Server | null = null;

beforeEach(() => {
  // Node has neither: what the browser keeps for a tab, and its socket.
  const kept = new Map<string, string>();
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  });
  vi.stubGlobal('WebSocket', WebSocket);
});
afterEach(() => {
  vi.unstubAllGlobals();
  server?.close();
  server = null;
});

test('the operation that runs is the one that the caret is in', () => {
  const text =
    '# query No\nquery One($a: String = "query Two {") { a }\nfragment F on T { b }\nsubscription Three { c }';
  expect(pickOperation(text, 0)).toMatchObject({ kind: 'query', name: 'One' });
  expect(pickOperation(text, text.indexOf('{ a }'))).toMatchObject({ kind: 'query', name: 'One' });
  expect(pickOperation(text, text.length)).toMatchObject({ kind: 'subscription', name: 'Three' });
  expect(pickOperation('{ query mutation { a } }', 5)).toMatchObject({ kind: 'query', name: null });
  expect(pickOperation('mutation($a: I = {b: 1}) { a }', 0)).toMatchObject({ kind: 'mutation', name: null });
  expect(pickOperation('# nothing', 3)).toBeNull();
});

test('colours lose no character of any text', () => {
  const texts = ['', '{ a(b: "c\\"d") @e # f\n}', '"""open', '{"a": [1.5e3, null, "{{id}}"], "b": {{id}}', 'ü → 😀 $x'];
  for (const text of texts) {
    for (const language of ['graphql', 'json']) {
      const pieces: [string | null, string][] = tokens(text, language);
      expect(pieces.map(([, piece]) => piece).join('')).toBe(text);
    }
  }
});

test('places are filled with what the latest answer showed, by kind, owner and field', () => {
  const id = (kind: string, last: string) => `${kind}_01M7YJ0R60QV44XFDSQMYP1VE${last}`;
  remember({ games: { nodes: [{ id: id('game', 'A') }, { id: id('game', 'B') }] } });
  remember({ me: { id: id('user', 'A') }, friend: { id: id('user', 'B'), name: 'Bob "B"' } });
  const { filled, missing } = fill(
    '["{{game}}", "{{user}}", "{{friend}}", "{{name}}", "{{order}}", "{{short}}", "{{short}}"]',
  );
  const [game, user, friend, name, order, short, again] = JSON.parse(filled);
  expect([game, user, friend, name]).toEqual([id('game', 'A'), id('user', 'A'), id('user', 'B'), 'Bob "B"']);
  expect(order).toBe('{{order}}');
  expect(missing).toEqual(['order']);
  expect(short).toMatch(/^[0-9a-f]{6}$/);
  expect(again).toBe(short);
  expect(fill('{{random}}').filled).toMatch(/^[0-9a-f]{24}$/);
  expect(fill('{{random}}').filled).not.toBe(fill('{{random}}').filled);
});

test('the schema is searched by all words, names before descriptions', () => {
  const type = { kind: 'NON_NULL', ofType: { kind: 'LIST', ofType: { kind: 'OBJECT', name: 'Game' } } };
  const fields = [
    { name: 'games', description: 'A page of them.', args: [], type },
    { name: 'page', description: 'Games too.', args: [], type },
  ];
  const types = [
    { kind: 'OBJECT', name: 'Query', fields },
    { kind: 'OBJECT', name: '__Type', fields: [] },
  ];
  const schema = createSchema({ __schema: { queryType: { name: 'Query' }, types } });
  expect(printType(type)).toBe('[Game]!');
  expect(schema.roots).toEqual(['Query']);
  const found = schema.search('games').hits.map((hit: { member: { name: string } | null }) => hit.member?.name);
  expect(found).toEqual(['games', 'page']);
  expect(schema.search('games them').total).toBe(1);
  expect(schema.search('nothing').total).toBe(0);
});

const TICKS = 'subscription Ticks($after: String) { ticks(after: $after) { cursor } }';

/** Counts from the cursor on; loses its first connection after two, ends after four. */
async function serveTicks(schema: GraphQLSchema) {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, path: '/graphql' });
  const seen: { params: unknown; after: unknown }[] = [];
  useServer(
    {
      schema,
      onConnect: ({ connectionParams }) => connectionParams?.authorization !== 'bad',
      subscribe: async function* ({ variableValues, contextValue }) {
        const { connectionParams, extra } = contextValue as {
          connectionParams: unknown;
          extra: { socket: WebSocket };
        };
        seen.push({ params: connectionParams, after: variableValues?.after });
        const after = Number(variableValues?.after ?? 0);
        for (let n = after + 1; n <= 4; n++) {
          if (after === 0 && n === 3) extra.socket.terminate();
          yield { data: { ticks: { cursor: String(n) } } };
        }
      },
      context: (context) => context,
    },
    sockets,
  );
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  server = http;
  return { url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/graphql`, seen };
}

const ticksSchema = buildSchema(
  'type Query { a: Int } type Subscription { ticks(after: String): Tick } type Tick { cursor: String }',
);

function listen(url: string, operation: object) {
  const cursors: string[] = [];
  const states: string[] = [];
  const ended = new Promise<string>((resolve) => {
    follow(url, operation, {
      event: (result: { data: { ticks: { cursor: string } } }) => cursors.push(result.data.ticks.cursor),
      state: (state: string, reason: string) => {
        states.push(state);
        if (state === 'ended') resolve(reason);
      },
    });
  });
  return { cursors, states, ended };
}

test('a live stream whose connection is lost goes on behind the last event, and none is missing or twice', async () => {
  const { url, seen } = await serveTicks(ticksSchema);
  const headers = { authorization: 'Bearer good' };
  const heard = listen(url, { query: TICKS, operationName: 'Ticks', variables: { after: null }, headers });
  expect(await heard.ended).toBe('the server completed it');
  expect(heard.cursors).toEqual(['1', '2', '3', '4']);
  expect(heard.states).toEqual(['connecting', 'live', 'connecting', 'live', 'ended']);
  expect(seen).toEqual([
    { params: headers, after: null },
    { params: headers, after: '2' },
  ]);
});

test('a connection that the server forbids is not tried again', async () => {
  const { url, seen } = await serveTicks(ticksSchema);
  const heard = listen(url, { query: TICKS, variables: {}, headers: { authorization: 'bad' } });
  expect(await heard.ended).toBe('Forbidden');
  expect(heard.states).toEqual(['connecting', 'ended']);
  expect(seen).toEqual([]);
});

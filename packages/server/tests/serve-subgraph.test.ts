import { once } from 'node:events';
import { signIdentity } from '@playgraph/auth/signed-identity';
import { createManualClock, systemClock } from '@playgraph/kernel/clock';
import { BODY_BYTES_MAX } from '@playgraph/server/http-body';
import { serveSubgraph } from '@playgraph/server/serve-subgraph';
import { expect, onTestFinished, test } from 'vitest';
import {
  createRecordingLogger,
  createSampleSubgraph,
  identitySecret,
  player,
  post,
  SQL_LEAK,
  serveSample,
} from './sample-subgraph.ts';

const jsonHeaders = { 'content-type': 'application/json' };

test('a signed identity reaches the resolver', async () => {
  const { url } = await serveSample();
  const { status, json } = await post(url, { query: '{ whoAmI }' }, { identity: player });
  expect([status, json]).toEqual([200, { data: { whoAmI: 'user_1' } }]);
});

test('without a good signature over this very body nothing runs', async () => {
  const { url, stored } = await serveSample();
  const body = JSON.stringify({ query: 'mutation { store(value: 1) }' });
  const sign = (over: string, secret = identitySecret, clock = systemClock) =>
    signIdentity({ identity: player, body: over, method: 'POST', secret, clock });
  const headers = {
    none: undefined,
    noise: 'x.y',
    'of another body': sign('{}'),
    'of another method': signIdentity({ identity: player, body, secret: identitySecret, clock: systemClock }),
    'of another secret': sign(body, 'another-secret-of-at-least-32-characters'),
    'of long ago': sign(body, identitySecret, createManualClock(Date.now() - 3_600_000)),
  };
  for (const [name, header] of Object.entries(headers)) {
    const signature = header === undefined ? {} : { 'playgraph-identity': header };
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { ...jsonHeaders, ...signature }, body });
    expect(response.status, name).toBe(401);
    expect(await response.json(), name).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  }
  expect(stored).toEqual([]);
});

test('a mutation by GET is refused and changes nothing', async () => {
  const { url, stored } = await serveSample();
  const query = encodeURIComponent('mutation { store(value: 1) }');
  const identity = signIdentity({ identity: player, body: '', secret: identitySecret, clock: systemClock });
  const response = await fetch(`${url}/graphql?query=${query}`, { headers: { 'playgraph-identity': identity } });
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  expect(stored).toEqual([]);
});

test('a body that is no JSON is a bad request', async () => {
  const { url } = await serveSample();
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: jsonHeaders, body: '{"query":' });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
});

test('a body over the limit is refused before it is looked at, one at the limit is read', async () => {
  const { url } = await serveSample();
  const query = '{ hello }';
  const padding = BODY_BYTES_MAX - Buffer.byteLength(JSON.stringify({ query, variables: { pad: '' } }));
  const atLimit = await post(url, { query, variables: { pad: 'x'.repeat(padding) } });
  expect(atLimit.json).toEqual({ data: { hello: 'hello world' } });
  const overLimit = await post(url, { query, variables: { pad: 'x'.repeat(padding + 1) } });
  expect(overLimit.status).toBe(413);
  expect(overLimit.json).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
});

test('a document of too many tokens is refused', async () => {
  const { url } = await serveSample();
  const { status, json } = await post(url, { query: `{ ${'hello '.repeat(20_001)} }` });
  expect(status).toBe(400);
  expect(json.errors[0].extensions.code).toBe('GRAPHQL_PARSE_FAILED');
});

test.each([
  ['no object', '[]'],
  ['variables that are no object', '{"query":"{ hello }","variables":"x"}'],
  ['a query that is no text', '{"query":1}'],
  ['an operation name that is no text', '{"query":"{ hello }","operationName":1}'],
])('a request of a wrong form is refused without a stack trace: %s', async (_name, body) => {
  const { url } = await serveSample();
  const identity = signIdentity({ identity: null, body, method: 'POST', secret: identitySecret, clock: systemClock });
  const headers = { ...jsonHeaders, 'playgraph-identity': identity };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
  const text = await response.text();
  expect(response.status).toBe(400);
  expect(JSON.parse(text).errors[0].extensions).toEqual({ code: 'BAD_REQUEST' });
});

test('a failure is logged with the correlation id that the client is told', async () => {
  const { logger, lines } = createRecordingLogger();
  const { url } = await serveSample({ logger });
  const { json } = await post(url, { query: '{ crash }' }, { headers: { 'playgraph-correlation-id': 'request-7' } });
  expect(json.errors[0].extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', correlationId: 'request-7' });
  const failures = lines.filter(({ level }) => level === 'error');
  expect(failures.map(({ fields }) => fields)).toMatchObject([
    { correlationId: 'request-7', err: { message: SQL_LEAK } },
  ]);
});

test('store queries are counted when they are asked for, and only then', async () => {
  const { url } = await serveSample();
  const query = '{ queries(count: 3) }';
  const metered = await Promise.all([1, 2].map(() => post(url, { query }, { headers: { 'playgraph-meter': '1' } })));
  for (const { json } of metered) expect(json).toEqual({ data: { queries: true }, extensions: { storeQueries: 3 } });
  expect((await post(url, { query })).json).toEqual({ data: { queries: true } });
});

test('a client that goes away aborts its operation', async () => {
  const { url, happened } = await serveSample();
  const client = new AbortController();
  const [hanging, aborted] = [once(happened, 'hanging'), once(happened, 'aborted')];
  const asked = post(url, { query: '{ hang }' }, { signal: client.signal });
  await hanging;
  client.abort();
  await expect(asked).rejects.toThrow();
  await aborted;
});

test('own routes are served, and one that breaks shows nothing of itself', async () => {
  const { url } = await serveSample();
  expect(await (await fetch(`${url}/files/a?b=1`)).text()).toBe('file /a?b=1');
  const broken = await fetch(`${url}/broken`);
  expect(broken.status).toBe(500);
  expect(await broken.text()).not.toContain('SELECT');
});

test('an unknown address is 404 and the framework is not named', async () => {
  const { url } = await serveSample();
  const response = await fetch(`${url}/nowhere`);
  expect([response.status, response.headers.get('x-powered-by')]).toEqual([404, null]);
});

test('live says that the process runs, ready that its stores answer', async () => {
  const { subgraph } = createSampleSubgraph();
  const store = { isUp: true };
  const checkReady = async () => {
    if (!store.isUp) throw new Error(SQL_LEAK);
  };
  const { logger } = createRecordingLogger();
  const options = { host: '127.0.0.1', port: 0, identitySecret, logger };
  const served = await serveSubgraph({ subgraph: { ...subgraph, checkReady }, ...options });
  onTestFinished(() => served.close());
  const status = async (path: string) => (await fetch(`${served.url}${path}`)).status;
  expect([await status('/health/live'), await status('/health/ready')]).toEqual([200, 200]);
  store.isUp = false;
  expect([await status('/health/live'), await status('/health/ready')]).toEqual([200, 503]);
  expect(await (await fetch(`${served.url}/health/ready`)).text()).not.toContain('SELECT');
});

test('closing lets a request under way end and takes no new one', async () => {
  const { url, happened, close } = await serveSample();
  const client = new AbortController();
  const hanging = once(happened, 'hanging');
  const asked = post(url, { query: '{ hang }' }, { signal: client.signal });
  await hanging;
  const closed = close();
  await expect(fetch(`${url}/health/live`)).rejects.toThrow();
  client.abort();
  await expect(asked).rejects.toThrow();
  await closed;
});

test('a port that is taken is an error and not a silent server', async () => {
  const { subgraph, url } = await serveSample();
  const port = Number(new URL(url).port);
  const { logger } = createRecordingLogger();
  await expect(serveSubgraph({ subgraph, host: '127.0.0.1', port, identitySecret, logger })).rejects.toThrow(
    'EADDRINUSE',
  );
});

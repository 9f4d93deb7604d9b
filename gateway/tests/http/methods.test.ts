import { expect, test } from 'vitest';
import { codeOf, openDoor } from './door-world.ts';

const COUNT = 'mutation { count }';

test('a mutation by GET is refused with the method that would do, and changes nothing', async () => {
  const { get, seen } = await openDoor();
  for (const accept of ['application/json', 'application/graphql-response+json', 'text/event-stream']) {
    const response = await get({ query: COUNT }, { accept });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
    expect(await codeOf(response)).toBe('BAD_REQUEST');
  }
  const named = await get({
    query: `query A { hello } ${COUNT.replace('mutation', 'mutation B')}`,
    operationName: 'B',
  });
  expect(named.status).toBe(405);
  expect(seen.counted).toBe(0);
});

test('a subscription by GET is refused to who did not ask for an event stream', async () => {
  const { get } = await openDoor();
  for (const accept of ['*/*', 'application/json', 'multipart/mixed;subscriptionSpec=1.0']) {
    expect((await get({ query: 'subscription { counted(to: 1) }' }, { accept })).status).toBe(405);
  }
});

test.each(['PUT', 'PATCH', 'DELETE'])('%s is refused with the methods that are allowed', async (method) => {
  const { url } = await openDoor();
  const response = await fetch(url, { method, body: '{}' });
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, OPTIONS']);
});

test('HEAD says what GET would, without the body', async () => {
  const { url } = await openDoor();
  const response = await fetch(`${url}?query={hello}`, { method: 'HEAD' });
  expect([response.status, response.headers.get('content-length')]).toEqual([200, '32']);
  expect(await response.text()).toBe('');
});

test.each([
  [undefined],
  ['text/plain'],
  ['text/plain;application/json'],
  ['application/x-www-form-urlencoded'],
  ['multipart/form-data; boundary=x'],
  ['application/jsonp'],
  ['application/json; charset=latin1'],
  ['application/json; charset=utf-16'],
])('a POST of type %s is 415: what a page could send without a preflight never runs', async (type) => {
  const { url, seen } = await openDoor();
  const body = Buffer.from(JSON.stringify({ query: COUNT }));
  const response = await fetch(url, {
    method: 'POST',
    headers: type === undefined ? {} : { 'content-type': type },
    body,
  });
  expect([response.status, response.headers.get('accept-post')]).toEqual([415, 'application/json']);
  expect(seen.counted).toBe(0);
});

test.each(['application/json;charset=UTF-8', 'Application/JSON', 'application/json; charset="utf-8"; x=1'])(
  'a POST of type %s is read',
  async (type) => {
    const { post } = await openDoor();
    expect(await (await post({ query: '{ hello }' }, { 'content-type': type })).json()).toHaveProperty('data');
  },
);

test('a GET that a page makes without being able to read the answer is refused', async () => {
  const { dial } = await openDoor();
  const ask = (mode: string) => {
    const { socket, answer } = dial();
    socket.write(
      `GET /graphql?query={hello} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nsec-fetch-mode: ${mode}\r\n\r\n`,
    );
    return answer;
  };
  expect(await ask('no-cors')).toMatch(/^HTTP\/1\.1 403 /);
  expect(await ask('cors')).toMatch(/^HTTP\/1\.1 200 /);
});

test('in development a browser that opens the address gets a page, and one that opens an operation its answer', async () => {
  const { get } = await openDoor({ isDevelopment: true });
  const typeOf = async (params: Record<string, string>) =>
    (await get(params, { accept: 'text/html,*/*;q=0.8' })).headers.get('content-type');
  expect(await typeOf({})).toBe('text/html; charset=utf-8');
  expect(await typeOf({ query: '{ hello }' })).toBe('application/json; charset=utf-8');
  expect(await typeOf({ documentId: 'sha256:0' })).toBe('application/json; charset=utf-8');
  expect(await typeOf({ operationName: 'A', extensions: '{"persistedQuery":{}}' })).toBe(
    'application/json; charset=utf-8',
  );
});

test('a browser may call from an allowed origin and from no other', async () => {
  const { url, post } = await openDoor();
  const preflight = (origin: string) =>
    fetch(url, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
  const good = await preflight('https://shop.example');
  expect(good.status).toBe(204);
  expect(good.headers.get('access-control-allow-origin')).toBe('https://shop.example');
  expect(good.headers.get('access-control-allow-headers')).toBe('authorization,content-type');
  expect(good.headers.get('access-control-allow-methods')).toContain('POST');
  expect(good.headers.get('vary')).toContain('origin');
  expect(good.headers.get('access-control-allow-credentials')).toBeNull();
  for (const origin of ['https://evil.example', 'https://shop.example.evil.example', 'null', 'http://shop.example']) {
    expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull();
    const answered = await post({ query: '{ hello }' }, { origin });
    expect(answered.headers.get('access-control-allow-origin')).toBeNull();
  }
  const refused = await post('no', { origin: 'https://shop.example' });
  expect(refused.headers.get('access-control-allow-origin')).toBe('https://shop.example');
});

test('every answer says that it is what its type says', async () => {
  const { get } = await openDoor();
  expect((await get({ query: '{ hello }' })).headers.get('x-content-type-options')).toBe('nosniff');
});

test('an address below the endpoint is none', async () => {
  const { origin } = await openDoor();
  for (const path of ['/graphql/x', '/graphqlx', '/graphql;x']) {
    const response = await fetch(`${origin}${path}?query={hello}`);
    expect([response.status, await codeOf(response)]).toEqual([404, 'NOT_FOUND']);
  }
  expect((await fetch(`${origin}/graphql/?query={hello}`)).status).toBe(200);
});

import { meros } from 'meros/browser';
import { expect, test } from 'vitest';
import { openDoor } from './door-world.ts';
import { createTextReader } from './read-text.ts';

const SUBSCRIPTION = { accept: 'multipart/mixed;boundary="graphql";subscriptionSpec="1.0", application/json' };

async function partsOf(response: Response): Promise<unknown[]> {
  const parts = await meros(response);
  if (parts instanceof Response) throw new TypeError(`not multipart: ${await parts.text()}`);
  const bodies: unknown[] = [];
  for await (const part of parts) bodies.push(part.body);
  return bodies;
}

test.each([
  SUBSCRIPTION.accept,
  'multipart/mixed;subscriptionSpec=1.0',
  'multipart/mixed',
  'multipart/mixed; boundary="-"; subscriptionSpec="1.0"',
  'application/json;q=0.5, multipart/mixed;subscriptionSpec=1.0;boundary=other',
])('a subscription streams in parts to who accepts %s, each in its envelope', async (accept) => {
  const { post } = await openDoor();
  const response = await post({ query: 'subscription { counted(to: 2) }' }, { accept });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('multipart/mixed;boundary="graphql";subscriptionSpec="1.0"');
  expect(await partsOf(response)).toEqual([
    { payload: { data: { counted: 1 } } },
    { payload: { data: { counted: 2 } } },
  ]);
});

test('the parts are written as RFC 1341 says, each ended by the boundary that follows it', async () => {
  const { post } = await openDoor();
  const response = await post({ query: 'subscription { counted(to: 1) }' }, SUBSCRIPTION);
  const type = 'Content-Type: application/json; charset=utf-8';
  expect(await response.text()).toBe(
    `--graphql\r\n${type}\r\n\r\n{"payload":{"data":{"counted":1}}}\r\n--graphql--\r\n`,
  );
});

test('a subscription that breaks sends a null payload and the masked error, and ends', async () => {
  const { post } = await openDoor();
  const response = await post({ query: 'subscription { breaks }' }, SUBSCRIPTION);
  expect(await partsOf(response)).toEqual([
    { payload: { data: { breaks: 1 } } },
    { payload: null, errors: [expect.objectContaining({ message: 'Something went wrong on our side.' })] },
  ]);
});

test('a quiet subscription sends empty objects', async () => {
  const { post, seen } = await openDoor({ heartbeatMs: 5 });
  const response = await post({ query: 'subscription { counted(to: 0, thenWait: true) }' }, SUBSCRIPTION);
  await seen.waiting.opened;
  const reader = createTextReader(response);
  const text = await reader.until((soFar) => soFar.split('{}').length > 3);
  expect(text.replaceAll(/--graphql|Content-Type: application\/json; charset=utf-8|\r\n|\{\}/g, '')).toBe('');
  await reader.cancel();
});

test('a subscription that is not valid, and any query, are answered as JSON', async () => {
  const { post } = await openDoor();
  const refused = await post({ query: 'subscription { nothing }' }, SUBSCRIPTION);
  expect(refused.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(await (await post({ query: '{ hello }' }, SUBSCRIPTION)).json()).toEqual({ data: { hello: 'hello world' } });
});

test('a subscription to who takes no stream is 406, and a query to who takes only one is too', async () => {
  const { post } = await openDoor();
  for (const accept of [
    'application/json',
    'application/graphql-response+json',
    'multipart/mixed;deferSpec=20220824',
  ]) {
    expect((await post({ query: 'subscription { counted(to: 1) }' }, { accept })).status).toBe(406);
  }
  expect((await post({ query: '{ hello }' }, { accept: 'multipart/mixed;subscriptionSpec=1.0' })).status).toBe(406);
});

test('an answer in parts is written as they come', async () => {
  const { post } = await openDoor();
  const response = await post(
    { query: '{ parts }' },
    { accept: 'multipart/mixed;deferSpec=20220824, application/json' },
  );
  expect(response.headers.get('content-type')).toBe('multipart/mixed;boundary="graphql";deferSpec=20220824');
  expect(await partsOf(response)).toEqual([
    { data: {}, hasNext: true },
    { incremental: [{ path: [], data: { parts: 1 } }], hasNext: true },
    { hasNext: false },
  ]);
  const events = await (await post({ query: '{ parts }' }, { accept: 'text/event-stream' })).text();
  expect(events.match(/event: next/g)).toHaveLength(3);
});

test('who takes nothing but parts gets a whole answer as one', async () => {
  const { post } = await openDoor();
  const response = await post({ query: '{ hello }' }, { accept: 'multipart/mixed;deferSpec=20220824' });
  expect(await partsOf(response)).toEqual([{ data: { hello: 'hello world' }, hasNext: false }]);
});

test('a server that shuts down ends a subscription with the last boundary', async () => {
  const { post, seen, close } = await openDoor();
  const response = await post({ query: 'subscription { counted(to: 0, thenWait: true) }' }, SUBSCRIPTION);
  await seen.waiting.opened;
  const closed = close();
  expect(await response.text()).toMatch(/--graphql--\r\n$/);
  await closed;
});

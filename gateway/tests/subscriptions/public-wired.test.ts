import { silentLogger } from '@playgraph/kernel/logger';
import { expect, test } from 'vitest';
import { createTextReader } from '../http/read-text.ts';
import { PROTOCOLS, serveHttpLive } from './http-live.ts';
import { connect } from './live-door.ts';

const WITH_NAME = 'subscription { said(room: "a") { text by { seenBy } } }';

test('clients of every protocol and identity share the events of a public field, and get their own parts', async () => {
  const publicFields = ['Subscription.said', 'Message.text', 'Message.by', 'User.id'];
  const { url, post, say, untilOpen, gateway, state } = await serveHttpLive({ gateway: { publicFields } });
  const anonymous = await connect(url.replace('http', 'ws'));
  anonymous.subscribe('s', WITH_NAME);
  await untilOpen(1);
  const readers = await Promise.all(
    PROTOCOLS.map(async ({ accept, answersIn }) => ({
      answersIn,
      reader: createTextReader(await post(accept, WITH_NAME, { token: 'x' })),
    })),
  );
  say('a', 'hello');
  for (const { reader, answersIn } of readers) {
    const text = await reader.until((soFar) => answersIn(soFar).length === 1);
    expect(answersIn(text)).toEqual([{ data: { said: { text: 'hello', by: { seenBy: 'ada' } } } }]);
  }
  const payload = { data: { said: { text: 'hello', by: { seenBy: 'nobody' } } } };
  expect(await anonymous.next()).toMatchObject({ type: 'next', payload });
  expect([state.opened, gateway.stats().upstreams]).toEqual([1, 1]);
  await Promise.all(readers.map(({ reader }) => reader.cancel()));
});

test('a public field that is not in the supergraph is told to the operator', async () => {
  const warned: unknown[] = [];
  const logger = { ...silentLogger, warn: (fields: object) => void warned.push(fields) };
  const publicFields = ['Subscription.said', 'Subscription.sayd', 'Nothing', 'Message.nothing', 'String'];
  await serveHttpLive({ gateway: { publicFields, logger } });
  expect(warned).toContainEqual({ unknown: ['Subscription.sayd', 'Nothing', 'Message.nothing', 'String'] });
});

import { systemClock } from '@playgraph/kernel/clock';
import { createSocketStreams } from '@playgraph/server/socket-transport';
import { expect, onTestFinished, test } from 'vitest';
import { connect, serveLive } from './live-door.ts';
import { serveLiveSubgraph } from './live-subgraph.ts';

const identitySecret = 'a secret of the end-to-end suite only';
const SAID = 'subscription { said(room: "a") { text by { name } } }';

/** The whole way: clients, the gateway's door, one socket, a subgraph on a port of its own. */
async function serveBoth() {
  const { parts, way, stop } = await serveLiveSubgraph(identitySecret);
  let sockets = 0;
  const observer = {
    onSocketOpened: () => {
      sockets += 1;
    },
  };
  const streams = createSocketStreams({ ...way, clock: systemClock, observer });
  onTestFinished(() => streams.close());
  const gateway = await serveLive({ subscriptions: { subscribe: streams.subscribe } });
  return { ...gateway, ...parts, stopSubgraph: stop, sockets: () => sockets };
}

test('a thousand streams of many people are one socket and one stream a person at the subgraph', async () => {
  const { url, authorization, say, untilOpen, sockets } = await serveBoth();
  const people = ['ada', 'grace', 'edsger', 'barbara', 'nobody'];
  const clients = await Promise.all(
    Array.from({ length: 20 }, (_, i) => {
      const person = people[i % people.length] ?? '';
      return connect(url, person === 'nobody' ? {} : { authorization: authorization(person) });
    }),
  );
  for (const client of clients) for (let i = 0; i < 50; i++) client.subscribe(`s${i}`, SAID);
  await untilOpen(people.length);
  // Messages of one socket are dealt with in order: the answer shows that the subscriptions before it were, too.
  for (const client of clients) client.subscribe('q', '{ ok }');
  await Promise.all(clients.map(async (client) => [await client.next(), await client.next()]));
  say('a', 'hello');
  const payload = { data: { said: { text: 'hello', by: { name: 'name of u1' } } } };
  for (const client of clients) {
    const ids = new Set<string | undefined>();
    for (let i = 0; i < 50; i++) {
      const event = await client.next();
      expect(event).toMatchObject({ type: 'next', payload });
      ids.add(event.id);
    }
    expect(ids.size).toBe(50);
  }
  expect(sockets()).toBe(1);
  for (const client of clients) client.socket.close();
  await untilOpen(0);
});

test('a client that completes in the tick of its subscribing leaves nothing open at the subgraph', async () => {
  const { url, untilOpen, state } = await serveBoth();
  const client = await connect(url);
  client.subscribe('stays', SAID);
  await untilOpen(1);
  for (let i = 0; i < 20; i++) {
    client.subscribe(`s${i}`, `subscription { said(room: "room-${i}") { text } }`);
    client.say({ id: `s${i}`, type: 'complete' });
  }
  client.subscribe('last', 'subscription { whoListens }');
  expect(await client.next()).toMatchObject({ id: 'last', type: 'next' });
  await untilOpen(1);
  expect(state.open).toBe(1);
});

test('a subgraph that goes away ends its streams with an error that says to come again', async () => {
  const { url, untilOpen, stopSubgraph } = await serveBoth();
  const client = await connect(url);
  client.subscribe('s', SAID);
  await untilOpen(1);
  await stopSubgraph();
  const payload = [{ extensions: { code: 'UPSTREAM_LOST', retryable: true } }];
  expect(await client.next()).toMatchObject({ id: 's', type: 'error', payload });
});

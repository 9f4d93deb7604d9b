import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EntityChange } from '@playgraph/cache/entity-changes';
import { createHttpAnnouncer } from '@playgraph/cache/http-announcer';
import { PENDING_CHANGES_MAX } from '@playgraph/cache/pending-changes';
import { createManualClock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import { createSeededRandom } from '@playgraph/kernel/random';
import { createGate } from '@playgraph/testkit/gate';
import { expect, onTestFinished, test } from 'vitest';

const SECRET = 'a secret that gateways share with subgraphs';
const chess: EntityChange = { typename: 'Game', key: { id: 'chess' } };
const offers: EntityChange = { subgraph: 'order', typename: 'Game' };
const EVERYTHING = [{ subgraph: 'order' }];

type Post = { readonly authorization: string | undefined; readonly changes: unknown };
/** The status to answer with; it may be waited for. */
type Answer = (post: Post, count: number) => number | Promise<number>;

/** Something that takes invalidations at an address, which can go and come back. */
async function openGateway(answer: Answer = () => 204) {
  const posts: Post[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = (await request.toArray()).join('');
    const post = { authorization: request.headers.authorization, changes: JSON.parse(body) as unknown };
    posts.push(post);
    response.writeHead(await answer(post, posts.length)).end();
  };
  const listenAt = async (port: number) => {
    const server = createServer((request, response) => void serve(request, response));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return server;
  };
  let server = await listenAt(0);
  const { port } = server.address() as AddressInfo;
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(stop);
  return {
    url: `http://127.0.0.1:${port}/cache/invalidate`,
    posts,
    told: () => posts.map(({ changes }) => changes),
    stop,
    start: async () => {
      server = await listenAt(port);
    },
  };
}

function openAnnouncer(...urls: readonly string[]) {
  const clock = createManualClock(0);
  const lines: { readonly level: string; readonly message: string; readonly fields: object }[] = [];
  const write = (level: string) => (fields: object, message: string) => void lines.push({ level, message, fields });
  const logger: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: () => logger,
  };
  const random = createSeededRandom('announcer');
  const announcer = createHttpAnnouncer({ subgraph: 'order', urls, secret: SECRET, clock, random, logger });
  onTestFinished(() => announcer.close());
  return { ...announcer, clock, lines };
}

test('every gateway is told what has changed, with the secret', async () => {
  const gateways = [await openGateway(), await openGateway()];
  const { announce, settled } = openAnnouncer(...gateways.map(({ url }) => url));
  await announce([chess, offers]);
  await settled();
  for (const { posts } of gateways) {
    expect(posts).toEqual([{ authorization: `Bearer ${SECRET}`, changes: [chess, offers] }]);
  }
});

test('what changes while a gateway is being told goes together and once, and who announces does not wait', async () => {
  const answering = createGate();
  const began = createGate();
  const gateway = await openGateway(async () => {
    began.open();
    await answering.opened;
    return 204;
  });
  const { announce, settled } = openAnnouncer(gateway.url);
  await announce([chess]);
  await began.opened;
  for (let i = 0; i < 100; i++) await announce([offers]);
  await announce([chess]);
  answering.open();
  await settled();
  expect(gateway.told()).toEqual([[chess], [offers, chess]]);
});

test('a gateway that is not there is told when it comes, of all that has changed meanwhile', async () => {
  const gateway = await openGateway();
  await gateway.stop();
  const { announce, settled, lines } = openAnnouncer(gateway.url);
  await announce([chess]);
  await announce([offers]);
  await gateway.start();
  await settled();
  expect(gateway.told()).toEqual([[chess, offers]]);
  // It was away for a moment only.
  expect(lines).toEqual([]);
});

test('a gateway that fails is tried again, and what it was to be told is not forgotten', async () => {
  const gateway = await openGateway((_post, count) => (count < 3 ? 503 : 204));
  const { announce, settled } = openAnnouncer(gateway.url);
  await announce([chess]);
  await settled();
  expect(gateway.told()).toEqual([[chess], [chess], [chess]]);
});

test('more changes than are remembered become one, that everything has changed', async () => {
  const gateway = await openGateway();
  const { announce, settled } = openAnnouncer(gateway.url);
  await announce(Array.from({ length: PENDING_CHANGES_MAX + 1 }, (_, id) => ({ typename: 'Game', key: { id } })));
  await announce([chess]);
  await settled();
  expect(gateway.told()).toEqual([EVERYTHING]);
});

test('as many changes as are remembered are told one by one', async () => {
  const gateway = await openGateway();
  const { announce, settled } = openAnnouncer(gateway.url);
  const changes = Array.from({ length: PENDING_CHANGES_MAX }, (_, id) => ({ typename: 'Game', key: { id } }));
  await announce(changes);
  await settled();
  expect(gateway.told()).toEqual([changes]);
});

test('a gateway that does not know one of the things is told that everything has changed', async () => {
  const gateway = await openGateway(({ changes }) => (JSON.stringify(changes).includes('typename') ? 400 : 204));
  const { announce, settled } = openAnnouncer(gateway.url);
  await announce([chess]);
  await settled();
  expect(gateway.told()).toEqual([[chess], EVERYTHING]);
});

test('that anything may have changed is told once, whatever else there is to tell', async () => {
  const gateway = await openGateway();
  const { announce, announceEverything, settled } = openAnnouncer(gateway.url);
  await announce([chess]);
  announceEverything();
  await announce([offers]);
  await settled();
  expect(gateway.told()).toEqual([EVERYTHING]);
});

test('a gateway that refuses the secret is written down at once, without the secret, and when it is mended', async () => {
  const gateway = await openGateway((_post, count) => (count < 3 ? 401 : 204));
  const { announce, settled, lines } = openAnnouncer(gateway.url);
  await announce([chess]);
  await settled();
  expect(lines).toMatchObject([
    { level: 'warn', fields: { subgraph: 'order', gateway: new URL(gateway.url).host, reason: 'it answered 401' } },
    { level: 'info', message: 'a gateway is told of changes again' },
  ]);
  expect(JSON.stringify(lines)).not.toContain(SECRET);
});

test('a gateway that stays away is written down once a minute', async () => {
  const failed = [createGate(), createGate(), createGate()];
  let clock = createManualClock(0);
  const gateway = await openGateway((_post, count) => {
    clock.advance(count === 1 ? 4_000 : 30_000);
    failed[count - 1]?.open();
    return count > failed.length ? 204 : 503;
  });
  const opened = openAnnouncer(gateway.url);
  clock = opened.clock;
  await opened.announce([chess]);
  for (const gate of failed) await gate.opened;
  await opened.settled();
  // At 4 s nobody is told yet; at 34 s, and not again at 64 s.
  expect(opened.lines.map(({ level, fields }) => [level, (fields as { failingMs?: number }).failingMs])).toEqual([
    ['warn', 30_000],
    ['info', undefined],
  ]);
});

test('after an hour of failures there is nothing left to tell, and later changes are told again', async () => {
  let clock = createManualClock(0);
  const gateway = await openGateway((_post, count) => {
    if (count === 2) clock.advance(60 * 60_000 + 1);
    return count <= 2 ? 503 : 204;
  });
  const opened = openAnnouncer(gateway.url);
  clock = opened.clock;
  await opened.announce([chess]);
  await opened.settled();
  expect(gateway.told()).toEqual([[chess], [chess]]);
  await opened.announce([offers]);
  await opened.settled();
  expect(gateway.told().slice(2)).toEqual([[offers]]);
});

test('what changes after an hour of failures is tried as often as any other', async () => {
  let clock = createManualClock(0);
  const gateway = await openGateway((_post, count) => {
    if (count === 2) clock.advance(60 * 60_000 + 1);
    return count <= 4 ? 503 : 204;
  });
  const opened = openAnnouncer(gateway.url);
  clock = opened.clock;
  await opened.announce([chess]);
  await opened.settled();
  await opened.announce([offers]);
  await opened.settled();
  expect(gateway.told()).toEqual([[chess], [chess], [offers], [offers], [offers]]);
});

test('closing tells what is left once more, and does not wait for a gateway that is away', async () => {
  const gateway = await openGateway((_post, count) => (count === 1 ? 503 : 204));
  const { announce, close } = openAnnouncer(gateway.url);
  await announce([chess]);
  await expect.poll(gateway.told).toEqual([[chess]]);
  await close();
  expect(gateway.told()).toEqual([[chess], [chess]]);
  const away = await openGateway();
  await away.stop();
  const other = openAnnouncer(away.url);
  await other.announce([chess]);
  await other.close();
  expect(away.told()).toEqual([]);
});

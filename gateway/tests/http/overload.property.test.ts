import { createSeededRandom } from '@playgraph/kernel/random';
import { createGate } from '@playgraph/testkit/gate';
import { expect, test } from 'vitest';
import { openDoor } from './door-world.ts';

const REQUESTS_MAX = 8;
const STREAMS_MAX = 4;
const CASES = 400;
const AT_ONCE = 24;

type OpenDoor = Awaited<ReturnType<typeof openDoor>>;

const EVENTS = { accept: 'text/event-stream' };
const PARTS = { accept: 'multipart/mixed;deferSpec=20220824, application/json' };
const HEAD = 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
const STREAM = { query: 'subscription { counted(to: 2, thenWait: true) }' };

const gone = (work: Promise<Response>) => work.then((response) => response.text()).catch(() => undefined);

/** Sends bytes, and leaves once they are out. */
async function sendAndLeave({ dial }: OpenDoor, bytes: string): Promise<void> {
  const { socket, answer } = dial();
  socket.write(bytes, () => socket.destroy());
  await answer;
}

/** One client each, with whatever manners. Each makes one request. */
const CLIENTS: readonly ((door: OpenDoor) => Promise<unknown>)[] = [
  ({ post }) => gone(post({ query: '{ whoAmI }' })),
  ({ post }) => gone(post({ query: '{ fails }' })),
  ({ post }) => gone(post('no JSON')),
  ({ post }) => gone(post({ query: '{ nope }' })),
  ({ post }) => gone(post({ query: '{ whoAmI }' }, { 'content-type': 'text/plain' })),
  ({ post }) => gone(post({ query: '{ whoAmI }' }, { accept: 'image/png' })),
  ({ post }) => gone(post({ query: '{ whoAmI }' }, { authorization: 'Bearer bad' })),
  ({ post }) => gone(post({ query: '{ parts }' }, PARTS)),
  ({ post }) => gone(post({ query: '{ whoAmI }' }, EVENTS)),
  ({ post }) => gone(post({ query: 'subscription { counted(to: 3) }' }, EVENTS)),
  ({ post }) => gone(post({ query: 'subscription { breaks }' }, EVENTS)),
  async ({ post }) => (await post(STREAM, EVENTS)).body?.cancel(),
  ({ post }) => gone(post({ query: '{ hangs }' }, {}, AbortSignal.timeout(5))),
  (door) => sendAndLeave(door, `${HEAD}content-length: 100\r\n\r\n{"query":`),
  (door) => sendAndLeave(door, `${HEAD}transfer-encoding: chunked\r\n\r\n5\r\n{"que\r\n`),
  (door) => sendAndLeave(door, `${HEAD}content-length: 21\r\n\r\n{"query":"{ hangs }"}`),
];

test('whatever clients do, in the end all room is there again', async () => {
  const random = createSeededRandom('overload');
  const release = createGate();
  let asked = 0;
  const full = createGate();
  const door = await openDoor({
    admissionLimits: { requestsMax: REQUESTS_MAX, streamsMax: STREAMS_MAX },
    beforeHello: () => {
      asked += 1;
      if (asked === REQUESTS_MAX) full.open();
      return release.opened;
    },
  });
  for (let sent = 0; sent < CASES; sent += AT_ONCE) {
    const pick = () => CLIENTS[random.int(CLIENTS.length)] as (typeof CLIENTS)[number];
    await Promise.all(Array.from({ length: AT_ONCE }, () => pick()(door)));
  }
  // Those that left are noticed in their own time.
  const streams: Response[] = [];
  while (streams.length < STREAMS_MAX) {
    const response = await door.post(STREAM, EVENTS);
    if (response.status === 200) streams.push(response);
    else await response.text();
  }
  expect((await door.post(STREAM, EVENTS)).status).toBe(503);
  const waiting = Array.from({ length: REQUESTS_MAX }, () => hello(door));
  await full.opened;
  expect((await door.post({ query: '{ hello }' })).status).toBe(503);
  release.open();
  expect(await Promise.all(waiting)).toEqual(Array(REQUESTS_MAX).fill(200));
  for (const stream of streams) await stream.body?.cancel();
});

/** Asks until it is let in. */
async function hello(door: OpenDoor): Promise<number> {
  for (;;) {
    const { status } = await door.post({ query: '{ hello }' });
    if (status !== 503) return status;
  }
}

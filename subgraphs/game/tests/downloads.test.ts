import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { serveSubgraph } from '@playgraph/server/serve-subgraph';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { IDENTITY_SECRET, openWorld, type Player, type World } from './world.ts';

type Ticket = { url: string; expiresAt: string; sizeBytes: number; sha256: string; fileName: string };

const REQUEST = `mutation Request($gameId: ID!) { requestDownload(input: { gameId: $gameId }) {
  __typename ... on DownloadTicket { url expiresAt sizeBytes sha256 fileName }
  ... on Refusal { code message } ... on NotOwned { game { slug } }
} }`;

let world: World;
let server: Awaited<ReturnType<typeof serveSubgraph>>;
let player: Player;
let gameId: string;
beforeEach(async () => {
  world = await openWorld();
  const { subgraph, logger } = world;
  server = await serveSubgraph({ subgraph, host: '127.0.0.1', port: 0, identitySecret: IDENTITY_SECRET, logger });
  player = world.player();
  await world.import([{ slug: 'tomb', version: '1.2-3+b1:x' }, { slug: 'maze' }]);
  await world.pay(player, ['tomb']);
  gameId = await world.gameIdOf('tomb');
});
afterEach(async () => {
  await server.close();
  await world.close();
});

const ask = (viewer: Player | null, id = gameId) =>
  world.ask<{ requestDownload: Ticket }>(REQUEST, viewer, { gameId: id });

async function ticketOf(viewer: Player): Promise<Ticket & { address: URL }> {
  const { data, errors } = await ask(viewer);
  expect(errors).toBeUndefined();
  return { ...data.requestDownload, address: new URL(data.requestDownload.url, server.url) };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

test('an owner downloads the whole file, and every word about it is true', async () => {
  const ticket = await ticketOf(player);
  expect(ticket.fileName).toBe('tomb-1.2-3+b1_x.tar');
  expect(ticket.expiresAt).toBe('2026-11-21T08:15:00.000Z');
  expect(ticket.sizeBytes).toBeGreaterThan(160 * 1024);
  const response = await fetch(ticket.address);
  const bytes = await bytesOf(response);
  expect(response.status).toBe(200);
  expect(sha256(bytes)).toBe(ticket.sha256);
  expect(bytes.length).toBe(ticket.sizeBytes);
  const digest = Buffer.from(ticket.sha256, 'hex').toString('base64');
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'accept-ranges': 'bytes',
    'content-disposition': 'attachment; filename="tomb-1.2-3+b1_x.tar"',
    'content-length': `${ticket.sizeBytes}`,
    'content-type': 'application/x-tar',
    digest: `sha-256=${digest}`,
    etag: `"${ticket.sha256}"`,
    'repr-digest': `sha-256=:${digest}:`,
  });
  const head = await fetch(ticket.address, { method: 'HEAD' });
  expect(head.status).toBe(200);
  expect(head.headers.get('content-length')).toBe(`${ticket.sizeBytes}`);
  expect((await bytesOf(head)).length).toBe(0);
});

test('a download that breaks off is resumed from where it stood, to the same checksum', async () => {
  const ticket = await ticketOf(player);
  const { chunks, etag } = await readThenBreakOff(ticket.address, 50_000);
  const beginning = Buffer.concat(chunks);
  expect(beginning.length).toBeLessThan(ticket.sizeBytes);
  const headers = { range: `bytes=${beginning.length}-`, 'if-range': etag };
  const rest = await fetch(ticket.address, { headers });
  expect(rest.status).toBe(206);
  const range = `bytes ${beginning.length}-${ticket.sizeBytes - 1}/${ticket.sizeBytes}`;
  expect(rest.headers.get('content-range')).toBe(range);
  expect(sha256(Buffer.concat([beginning, await bytesOf(rest)]))).toBe(ticket.sha256);
});

/** Reads at least `bytesMin` and then tears the connection down. */
async function readThenBreakOff(address: URL, bytesMin: number): Promise<{ chunks: Buffer[]; etag: string }> {
  const request = httpRequest(address).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length >= bytesMin) break;
  }
  request.destroy();
  return { chunks, etag: response.headers.etag ?? '' };
}

test('parts are sent as asked for, and what is not there is refused with the size', async () => {
  const { address, sizeBytes } = await ticketOf(player);
  const whole = await bytesOf(await fetch(address));
  const part = async (range: string, more: Record<string, string> = {}) => {
    const response = await fetch(address, { headers: { range, ...more } });
    return {
      status: response.status,
      range: response.headers.get('content-range'),
      sha256: sha256(await bytesOf(response)),
    };
  };
  const first = await part('bytes=0-99');
  expect(first).toEqual({ status: 206, range: `bytes 0-99/${sizeBytes}`, sha256: sha256(whole.subarray(0, 100)) });
  const last = {
    status: 206,
    range: `bytes ${sizeBytes - 7}-${sizeBytes - 1}/${sizeBytes}`,
    sha256: sha256(whole.subarray(-7)),
  };
  expect(await part('bytes=-7')).toEqual(last);
  expect(await part(`bytes=${sizeBytes - 7}-${sizeBytes + 100}`)).toEqual(last);
  for (const range of [`bytes=${sizeBytes}-`, 'bytes=-0']) {
    expect(await part(range)).toMatchObject({ status: 416, range: `bytes */${sizeBytes}` });
  }
  for (const range of ['bytes=0-1,5-6', 'lines=1-2', 'bytes=9-1', 'bytes=x-', 'bytes=-']) {
    expect(await part(range)).toEqual({ status: 200, range: null, sha256: sha256(whole) });
  }
  expect((await part('bytes=0-99', { 'if-range': '"another build"' })).status).toBe(200);
  const etag = (await fetch(address, { method: 'HEAD' })).headers.get('etag') ?? '';
  expect((await fetch(address, { headers: { 'if-none-match': etag } })).status).toBe(304);
  const post = await fetch(address, { method: 'POST' });
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

test('an address that is over, altered or made up gives nothing', async () => {
  const { address } = await ticketOf(player);
  const statusOf = async (url: URL | string) => {
    const response = await fetch(url);
    expect((await response.text()).length).toBeLessThan(200);
    return response.status;
  };
  const [, , ticket = '', fileName = ''] = address.pathname.split('/');
  const [payload = '', mac = ''] = ticket.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { claims: object; until: number };
  const forge = (change: object) => Buffer.from(JSON.stringify({ ...claims, ...change })).toString('base64url');
  const at = (forged: string) => new URL(`/downloads/${forged}/${fileName}`, server.url);
  expect(await statusOf(at(`${forge({ until: claims.until + 60_000 })}.${mac}`))).toBe(403);
  expect(await statusOf(at(`${payload}.${mac.slice(1)}`))).toBe(403);
  expect(await statusOf(at('nothing'))).toBe(403);
  expect(await statusOf(new URL('/downloads', server.url))).toBe(403);
  expect(await statusOf(new URL('/downloads/../../etc/passwd', server.url))).toBe(404);
  world.clock.advance(15 * 60_000 - 1);
  expect((await fetch(address, { method: 'HEAD' })).status).toBe(200);
  world.clock.advance(1);
  expect(await statusOf(address)).toBe(403);
});

test('a ticket for playing does not open a download', async () => {
  const start = `mutation { startPlaySession(input: { gameId: "${gameId}" }) { ... on PlaySession { scoreTicket } } }`;
  const { data } = await world.ask<{ startPlaySession: { scoreTicket: string } }>(start, player);
  const response = await fetch(new URL(`/downloads/${data.startPlaySession.scoreTicket}/x.tar`, server.url));
  expect(response.status).toBe(403);
});

test('who does not own the game gets no address, and nothing is made', async () => {
  const before = await world.everything();
  const stranger = world.player();
  const refusal = {
    __typename: 'NotOwned',
    code: 'NOT_OWNED',
    message: 'You do not own Tomb.',
    game: { slug: 'tomb' },
  };
  expect((await ask(stranger)).data).toEqual({ requestDownload: refusal });
  const codeOf = async (answer: ReturnType<typeof ask>) => (await answer).errors?.[0]?.extensions;
  expect(await codeOf(ask(null))).toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(await codeOf(ask(player, world.ids.make('game')))).toMatchObject({ code: 'NOT_FOUND' });
  expect(await codeOf(ask(player, 'tomb'))).toMatchObject({ code: 'BAD_USER_INPUT', field: 'input.gameId' });
  expect(await world.everything()).toEqual(before);
  await expect(readdir(world.buildsDir)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a build is made once, also when many ask at once, and again when its file was lost, with the same bytes', async () => {
  const tickets = await Promise.all(Array.from({ length: 8 }, () => ticketOf(player)));
  expect(new Set(tickets.map((ticket) => ticket.sha256)).size).toBe(1);
  const files = await readdir(world.buildsDir);
  expect(files).toEqual([expect.stringMatching(/^game_.*\.tar$/)]);
  const [{ address, sha256: checksum }] = tickets as [Ticket & { address: URL }];
  await rm(world.buildsDir, { recursive: true });
  expect((await fetch(address)).status).toBe(410);
  expect((await ticketOf(player)).sha256).toBe(checksum);
  expect(await readdir(world.buildsDir)).toEqual(files);
  expect(sha256(await bytesOf(await fetch(address)))).toBe(checksum);
});

test('an update of the game makes another build, and a resume does not glue the two together', async () => {
  const old = await ticketOf(player);
  await world.import([{ slug: 'tomb', version: '2.0' }]);
  const fresh = await ticketOf(player);
  expect(fresh.sha256).not.toBe(old.sha256);
  const headers = { range: 'bytes=100-', 'if-range': `"${old.sha256}"` };
  const response = await fetch(fresh.address, { headers });
  expect(response.status).toBe(200);
  expect(sha256(await bytesOf(response))).toBe(fresh.sha256);
  expect(sha256(await bytesOf(await fetch(old.address)))).toBe(old.sha256);
});

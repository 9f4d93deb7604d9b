import { once } from 'node:events';
import { open, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import path from 'node:path';
import { createTicketSigner } from '@playgraph/auth/ticket';
import { systemClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { createTempFolder, type TempFolder } from '@playgraph/testkit/temp-folder';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDownloadServer, type DownloadServer } from '../src/serve-downloads.ts';

// Far more than sockets buffer, so that a download that nobody reads stays under way.
const SIZE_BYTES = 64 * 1024 * 1024;

let folder: TempFolder;
let downloads: DownloadServer;
let close: () => Promise<void>;
let port: number;
let address: string;
beforeEach(async () => {
  folder = await createTempFolder('downloads');
  const file = path.join(folder.path, 'big.tar');
  await writeFile(file, Buffer.alloc(SIZE_BYTES));
  const tickets = createTicketSigner({
    secret: 'tests only: a secret of 32 characters',
    purpose: 'download',
    clock: systemClock,
  });
  const build = { gameId: 'game', fingerprint: 'f', sizeBytes: SIZE_BYTES, sha256: 'ab'.repeat(32) };
  const builds = { openBuild: async () => ({ build, file: await open(file, 'r') }) };
  downloads = createDownloadServer({ builds, tickets, logger: silentLogger });
  const handle = downloads.route.handle as unknown as Parameters<typeof createServer>[1];
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  address = `/downloads/${tickets.sign({ fileName: 'big.tar' }, 60_000)}/big.tar`;
  close = async () => {
    await downloads.close();
    server.closeAllConnections();
    server.close();
  };
});
afterEach(async () => {
  await close();
  await folder.remove();
});

/** Asks, reads the first bytes of the answer, and then reads no more. */
async function askAndStall() {
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET ${address} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  const [first] = (await once(socket, 'data')) as [Buffer];
  socket.pause();
  return { socket, status: first.toString('latin1').slice(9, 12) };
}

test('a download ends when its client goes, and its file is closed', async () => {
  const before = await openFiles();
  const { socket, status } = await askAndStall();
  expect([status, downloads.active()]).toEqual(['200', 1]);
  socket.destroy();
  await downloads.idle();
  expect(await openFiles()).toBeLessThanOrEqual(before);
});

test('closing breaks off what is under way', async () => {
  const { socket } = await askAndStall();
  const closed = once(socket.resume(), 'close');
  await downloads.close();
  await closed;
  expect(downloads.active()).toBe(0);
});

test('more than 256 downloads at the same time are asked to come back', async () => {
  const stalled = await Promise.all(Array.from({ length: 256 }, askAndStall));
  expect(new Set(stalled.map(({ status }) => status))).toEqual(new Set(['200']));
  const response = await fetch(`http://127.0.0.1:${port}${address}`);
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
  for (const { socket } of stalled) socket.destroy();
  await downloads.idle();
  expect((await fetch(`http://127.0.0.1:${port}${address}`, { method: 'HEAD' })).status).toBe(200);
});

/** How many descriptors of the big file this process has open. */
async function openFiles(): Promise<number> {
  return (await readdir('/proc/self/fd').catch(() => [])).length;
}

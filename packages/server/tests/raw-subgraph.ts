import { EventEmitter } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** What a server below HTTP does with the request number `count` (from 1), whose bytes came in one piece. */
export type RawHandler = (socket: Socket, count: number, text: string) => void;

/** A server that writes whatever `handle` likes, HTTP or not. Emits `connected` and `closed` for each connection. */
export async function serveRaw(handle: RawHandler) {
  const happened = new EventEmitter();
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    // A client may reset the connection; that is no error of the test.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      sockets.delete(socket);
      happened.emit('closed');
    });
    socket.on('data', (bytes) => {
      const text = String(bytes);
      seen.push(text);
      handle(socket, seen.length, text);
    });
    happened.emit('connected');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/graphql`, port, happened, seen };
}

/** An HTTP answer as it stands on the wire, with the length of its body. */
export function printAnswer(body: string | Buffer, headers: readonly string[] = []): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([
    Buffer.from(printHead(['content-type: application/json', `content-length: ${bytes.length}`, ...headers])),
    bytes,
  ]);
}

export function printHead(headers: readonly string[], status = 'HTTP/1.1 200 OK'): string {
  return `${[status, ...headers].join('\r\n')}\r\n\r\n`;
}

import { connect } from 'node:net';
import type { HeavyRequest } from './operation.ts';
import { createResponseReader } from './read-response.ts';

/** The bytes of a POST to `/graphql`. Ends the connection after it when `closes`. */
export function printRequest(body: HeavyRequest, target: { readonly port: number; readonly path: string }): Buffer {
  const json = JSON.stringify(body);
  return Buffer.from(
    `POST ${target.path} HTTP/1.1\r\nhost: 127.0.0.1:${target.port}\r\ncontent-type: application/json\r\n` +
      `accept: application/json\r\ncontent-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
  );
}

/** Sends one request on a connection of its own. Rejects when the gateway cannot be reached or takes over `waitMsMax`. */
export function ask(port: number, request: Buffer, waitMsMax: number): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1' });
    const push = createResponseReader({
      onBody: (piece) => pieces.push(piece),
      onEnd: ({ status }) => {
        resolve({ status, body: Buffer.concat(pieces).toString() });
        socket.destroy();
      },
    });
    socket.setTimeout(waitMsMax, () => socket.destroy(new Error(`no answer within ${waitMsMax} ms`)));
    socket.once('connect', () => socket.write(request));
    socket.on('data', (piece) => {
      try {
        push(piece);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed before the answer')));
  });
}

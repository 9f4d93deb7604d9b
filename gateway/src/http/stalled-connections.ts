import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Connections } from './connections.ts';

/** How long a connection may make no progress while an answer waits to be taken. */
const STALLED_MS_MAX = 120_000;

/**
 * Cuts connections on which nothing happens any more: that take nothing of their answer, or wait between requests beyond
 * their time. One whose answer is still being made waits for the gateway, however long its operator lets subgraphs take.
 */
export function cutStalled(server: Server, connections: Connections, stalledMsMax = STALLED_MS_MAX): void {
  server.setTimeout(stalledMsMax, (socket: Socket) => {
    const isAnswerAwaited = connections.of(socket).requests > 0 && socket.writableLength === 0;
    if (isAnswerAwaited) socket.setTimeout(stalledMsMax);
    else socket.destroy();
  });
}

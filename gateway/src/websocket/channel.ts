import { WebSocket } from 'ws';
import { type Closing, closings } from './messages.ts';

/** One client's socket, as the protocol needs it. Nothing here throws or rejects. */
export type Channel = {
  /** An answer: resolves when it was handed to the network, or cannot be any more. Whoever waits is held up by a slow reader. */
  send(message: Buffer): Promise<void>;
  /** A word that nobody waits for. A client that asks for them and never reads is closed with 4429. */
  say(message: string): void;
  /** What comes after it is not sent. */
  close(closing: Closing): void;
};

export function createChannel(socket: WebSocket, limits: { readonly bufferedBytesMax: number }): Channel {
  /** Bytes of words that the network did not take yet. Answers do not count: each operation has one on its way at most. */
  let waitingBytes = 0;
  const isOpen = (): boolean => socket.readyState === WebSocket.OPEN;
  const close = ({ code, reason }: Closing): void => {
    if (isOpen()) socket.close(code, reason);
  };
  return {
    close,
    send: (message) =>
      new Promise((resolve) => {
        if (isOpen()) socket.send(message, { binary: false }, () => resolve());
        else resolve();
      }),
    say(message) {
      if (!isOpen()) return;
      if (waitingBytes > limits.bufferedBytesMax) {
        close(closings.tooSlow);
        return;
      }
      const bytes = Buffer.byteLength(message);
      waitingBytes += bytes;
      socket.send(message, () => {
        waitingBytes -= bytes;
      });
    },
  };
}

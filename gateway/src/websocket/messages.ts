import { parseExact } from '@playgraph/kernel/exact-json';
import type { GraphQLFormattedError } from 'graphql';
import {
  type CompleteMessage,
  type ConnectionInitMessage,
  MessageType,
  type PingMessage,
  type PongMessage,
  parseMessage,
  type SubscribeMessage,
} from 'graphql-ws';

/** How long a client's name for an operation may be. */
const ID_CHARS_MAX = 256;
/** What a close frame can carry of a reason. */
const REASON_BYTES_MAX = 123;

/** What a client may say in graphql-transport-ws. */
export type ClientMessage = ConnectionInitMessage | PingMessage | PongMessage | SubscribeMessage | CompleteMessage;

/** Why a socket is closed. Those from 4400 on are the protocol's; a client may come again after 1000, 1001 and 1013. */
export const closings = {
  idle: { code: 1000, reason: 'Idle' },
  goingAway: { code: 1001, reason: 'Going away' },
  tryLater: { code: 1013, reason: 'Try again later' },
  badMessage: { code: 4400, reason: 'Invalid message received' },
  unauthorized: { code: 4401, reason: 'Unauthorized' },
  badToken: { code: 4401, reason: 'Unauthorized: the token does not count' },
  tokenExpired: { code: 4401, reason: 'Token expired' },
  forbidden: { code: 4403, reason: 'Forbidden' },
  badSubprotocol: { code: 4406, reason: 'Subprotocol not acceptable' },
  initTimeout: { code: 4408, reason: 'Connection initialisation timeout' },
  tooManyInits: { code: 4429, reason: 'Too many initialisation requests' },
  tooManyOperations: { code: 4429, reason: 'Too many operations' },
  tooSlow: { code: 4429, reason: 'Too slow a reader' },
  internalError: { code: 4500, reason: 'Internal server error' },
} as const;

export type Closing = { readonly code: number; readonly reason: string };

/** The client used the name of an operation that still runs. */
export function duplicateSubscriber(id: string): Closing {
  const reason = Buffer.from(`Subscriber for ${id} already exists`).subarray(0, REASON_BYTES_MAX);
  // A cut may go through a character: a close frame must be whole UTF-8.
  return { code: 4409, reason: reason.toString().replace(/\uFFFD+$/, '') };
}

/** A client's message; null when it is none, to the letter of the protocol. */
export function parseClientMessage(text: string): ClientMessage | null {
  try {
    const message = parseMessage(text);
    switch (message.type) {
      case MessageType.ConnectionInit:
      case MessageType.Ping:
      case MessageType.Pong:
        return message;
      case MessageType.Subscribe:
        return message.id.length <= ID_CHARS_MAX ? withExactVariables(message, text) : null;
      case MessageType.Complete:
        return message.id.length <= ID_CHARS_MAX ? message : null;
      default:
        return null;
    }
  } catch {
    return null;
  }
}

/** The message with all digits in its variables, which were checked without. */
function withExactVariables(message: SubscribeMessage, text: string): SubscribeMessage {
  const { variables } = message.payload;
  if (!variables || Object.keys(variables).length === 0) return message;
  const { payload } = parseExact(text) as SubscribeMessage;
  return { ...message, payload: { ...message.payload, variables: payload.variables } };
}

export const ackMessage = `{"type":"${MessageType.ConnectionAck}"}`;

export function printPong({ payload }: PingMessage): string {
  return JSON.stringify({ type: MessageType.Pong, payload });
}

/** A `next` around a response that is printed already. */
export function printNext(id: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`), body, CLOSING_BRACE]);
}

export function printError(id: string, errors: readonly GraphQLFormattedError[]): string {
  return JSON.stringify({ id, type: MessageType.Error, payload: errors });
}

export function printComplete(id: string): string {
  return JSON.stringify({ id, type: MessageType.Complete });
}

const CLOSING_BRACE = Buffer.from('}');

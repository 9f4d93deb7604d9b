import { parseExact } from '@playgraph/kernel/exact-json';
import type { GraphQLFormattedError } from 'graphql';
import { MessageType } from 'graphql-ws';

/** What a graphql-transport-ws server says. `payload` of a `next` is as it came, with all digits. */
export type ServerMessage =
  | { readonly type: MessageType.ConnectionAck | MessageType.Ping | MessageType.Pong }
  | { readonly type: MessageType.Next; readonly id: string; readonly payload: unknown }
  | { readonly type: MessageType.Error; readonly id: string; readonly errors: readonly GraphQLFormattedError[] }
  | { readonly type: MessageType.Complete; readonly id: string };

/** The subprotocol that we speak, as a server has to confirm it. */
export const SUBPROTOCOL = 'graphql-transport-ws';

/**
 * Reads a message; null for what is none. Generous where it concerns one operation only, since others share its socket: an
 * `error` may be any value, though the protocol asks for a list.
 */
export function readServerMessage(data: string): ServerMessage | null {
  const message = tryParse(data);
  if (typeof message !== 'object' || message === null) return null;
  const { type, id, payload } = message as { type?: unknown; id?: unknown; payload?: unknown };
  switch (type) {
    case MessageType.ConnectionAck:
    case MessageType.Ping:
    case MessageType.Pong:
      return { type };
    case MessageType.Next:
      return typeof id === 'string' ? { type, id, payload } : null;
    case MessageType.Error:
      return typeof id === 'string' ? { type, id, errors: toErrors(payload) } : null;
    case MessageType.Complete:
      return typeof id === 'string' ? { type, id } : null;
    default:
      return null;
  }
}

function toErrors(payload: unknown): readonly GraphQLFormattedError[] {
  const errors = (Array.isArray(payload) ? payload : [payload]).filter(hasMessage);
  return errors.length > 0 ? errors : [{ message: 'The subscription failed.' }];
}

function hasMessage(error: unknown): error is GraphQLFormattedError {
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
}

function tryParse(data: string): unknown {
  try {
    return parseExact(data);
  } catch {
    return null;
  }
}

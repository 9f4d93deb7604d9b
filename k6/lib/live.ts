import { WebSocket } from 'k6/websockets';
import { expect } from './checks.ts';
import { authorizationOf, type GraphqlResult, type Store } from './graphql.ts';

/** How long to wait for the acknowledgement, and for each event. */
const MESSAGE_MS_MAX = 15_000;
/** How many messages may wait to be taken: a stream that runs ahead of its reader by more has gone wrong. */
const MESSAGES_WAITING_MAX = 100;
const PROTOCOL = 'graphql-transport-ws';
const NORMAL_CLOSURE = 1000;
/** One operation a socket, so one id is enough. */
const OPERATION_ID = '1';

/** A subscription that is read event by event. */
export type Live<Data> = {
  /** The next event's data; null once the stream has ended by itself. @throws when it fails or none comes in time. */
  next(): Promise<Data | null>;
  /** Always call it: k6 ends no iteration while a socket is open. */
  close(): void;
};

/** What is subscribed to; `name` is the document's operation name. */
export type Subscription = { readonly name: string; readonly document: string; readonly variables: object };

type Message =
  | { readonly type: 'connection_ack' | 'complete' | 'ping' | 'pong' }
  | { readonly type: 'next'; readonly payload: GraphqlResult<unknown> }
  | { readonly type: 'error'; readonly payload: readonly object[] };

/** Subscribes over a socket of its own; resolves once the subscription is sent. @throws when the store does not let us. */
export async function follow<Data>(store: Store, { name, document, variables }: Subscription): Promise<Live<Data>> {
  const { socket, inbox } = openSocket(store, name);
  const send = (message: object) => socket.send(JSON.stringify(message));
  const close = () => socket.close(NORMAL_CLOSURE);
  try {
    const first = await inbox.take();
    expect(first.type === 'connection_ack', `${name} is acknowledged`, first);
  } catch (error) {
    close();
    throw error;
  }
  send({ id: OPERATION_ID, type: 'subscribe', payload: { operationName: name, query: document, variables } });
  return { next: async () => readEvent<Data>(name, await inbox.take()), close };
}

function openSocket({ url, accessToken }: Store, name: string): { socket: WebSocket; inbox: Inbox } {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, PROTOCOL, { tags: { name } });
  const inbox = createInbox();
  socket.onopen = () => socket.send(JSON.stringify({ type: 'connection_init', payload: authorizationOf(accessToken) }));
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data) as Message;
    if (message.type === 'ping') socket.send(JSON.stringify({ type: 'pong' }));
    else inbox.put(message);
  };
  socket.onerror = ({ error }) => inbox.fail(new Error(`the socket failed: ${error}`));
  socket.onclose = ({ code, reason }) => inbox.fail(new Error(`the socket closed: ${code} ${reason}`));
  return { socket, inbox };
}

function readEvent<Data>(name: string, message: Message): Data | null {
  if (message.type === 'complete') return null;
  const result = message.type === 'next' ? message.payload : null;
  expect(result?.errors === undefined && result?.data != null, `${name} delivers without errors`, message);
  return result?.data as Data;
}

type Inbox = {
  put(message: Message): void;
  /** Whoever takes after the messages that are there gets this error. */
  fail(error: Error): void;
  take(): Promise<Message>;
};

/** Messages wait for their reader, or the reader for the next message. One reader at a time. */
function createInbox(): Inbox {
  const waiting: Message[] = [];
  let failure: Error | null = null;
  let wake = () => {};
  return {
    put(message) {
      if (waiting.length < MESSAGES_WAITING_MAX) waiting.push(message);
      else failure ??= new Error(`more than ${MESSAGES_WAITING_MAX} messages wait`);
      wake();
    },
    fail(error) {
      failure ??= error;
      wake();
    },
    async take() {
      if (waiting.length === 0 && !failure) await untilCalled((call) => (wake = call));
      const message = waiting.shift();
      if (message) return message;
      throw failure ?? new Error(`no message within ${MESSAGE_MS_MAX} ms`);
    },
  };
}

/** Resolves when what `lend` is given is called, and at the latest after MESSAGE_MS_MAX. */
function untilCalled(lend: (call: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, MESSAGE_MS_MAX);
    lend(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

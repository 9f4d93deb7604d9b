import { WebSocket } from 'k6/websockets';
import { expect } from './checks.ts';
import { authorizationOf, type GraphqlResult, type Store } from './graphql.ts';

/** How long to wait for the acknowledgement, and for each event. */
const MESSAGE_MS_MAX = 15_000;
/** How many messages may wait to be taken: a stream that runs ahead of its reader by more has gone wrong. */
const MESSAGES_WAITING_MAX = 100;
const PROTOCOL = 'graphql-transport-ws';
const NORMAL_CLOSURE = 1000;
/** No subscription has this id. */
const CONNECTION = '';

/** A subscription that is read event by event. */
export type Live<Data> = {
  /** The next event's data; null once the stream has ended by itself. @throws when it fails or none comes in time. */
  next(): Promise<Data | null>;
};

/** What is subscribed to; `name` is the document's operation name. */
export type Subscription = { readonly name: string; readonly document: string; readonly variables: object };

/** A socket that carries any number of subscriptions, one after another or at once. */
export type LiveClient = {
  /** Subscribes at once; events wait until they are read. */
  follow<Data>(subscription: Subscription): Live<Data>;
  /** Ends all streams. Always call it: k6 ends no iteration while a socket is open. */
  close(): void;
};

/** `id` names the subscription; what concerns the connection has none. */
type Message =
  | { readonly type: 'connection_ack' | 'ping' | 'pong'; readonly id?: undefined }
  | { readonly type: 'complete'; readonly id: string }
  | { readonly type: 'next'; readonly id: string; readonly payload: GraphqlResult<unknown> }
  | { readonly type: 'error'; readonly id: string; readonly payload: readonly object[] };
/** Where messages go, by subscription; the connection's own are under CONNECTION. */
type Inboxes = Map<string, Inbox>;

/** Opens a socket as that player; resolves once the store has acknowledged it. @throws when it does not. */
export async function connect(store: Store): Promise<LiveClient> {
  const acknowledged = createInbox();
  const inboxes: Inboxes = new Map([[CONNECTION, acknowledged]]);
  const socket = openSocket(store, inboxes);
  const close = () => socket.close(NORMAL_CLOSURE);
  try {
    const first = await acknowledged.take();
    expect(first.type === 'connection_ack', 'a socket is acknowledged', first);
  } catch (error) {
    close();
    throw error;
  }
  let lastId = 0;
  return {
    follow<Data>({ name, document, variables }: Subscription) {
      lastId += 1;
      const inbox = createInbox();
      inboxes.set(`${lastId}`, inbox);
      send(socket, {
        id: `${lastId}`,
        type: 'subscribe',
        payload: { operationName: name, query: document, variables },
      });
      return { next: async () => readEvent<Data>(name, await inbox.take()) };
    },
    close,
  };
}

function openSocket({ url, accessToken }: Store, inboxes: Inboxes): WebSocket {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, PROTOCOL);
  const failAll = (error: Error) => {
    for (const inbox of inboxes.values()) inbox.fail(error);
  };
  socket.onopen = () => send(socket, { type: 'connection_init', payload: authorizationOf(accessToken) });
  socket.onmessage = ({ data }) => {
    const message = parseMessage(data);
    if (!message) return failAll(new Error(`not a message of ${PROTOCOL}: ${data}`));
    if (message.type === 'ping') return send(socket, { type: 'pong' });
    inboxes.get(message.id ?? CONNECTION)?.put(message);
    if (message.type === 'complete' || message.type === 'error') inboxes.delete(message.id);
  };
  socket.onerror = ({ error }) => failAll(new Error(`the socket failed: ${error}`));
  socket.onclose = ({ code, reason }) => failAll(new Error(`the socket closed: ${code} ${reason}`));
  return socket;
}

/** Null instead of an error: k6 drops an iteration whose callback throws, and no check would know. */
function parseMessage(data: string): Message | null {
  try {
    return JSON.parse(data) as Message;
  } catch {
    return null;
  }
}

function send(socket: WebSocket, message: object): void {
  socket.send(JSON.stringify(message));
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

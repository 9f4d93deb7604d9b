import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

/** How long the tour waits for one answer or one live event. */
const WAIT_MS = 15_000;

/** A GraphQL response as it came. */
export type Response<Data> = {
  readonly data?: Data | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions?: Readonly<Record<string, unknown>>;
  }[];
  readonly extensions?: Readonly<Record<string, unknown>>;
};

/** A live stream that a reader takes event by event. */
export type Live<Data> = {
  /** The next event's data. Rejects after WAIT_MS, on an error in the event, and when the stream has ended. */
  next(): Promise<Data>;
  close(): Promise<void>;
};

/** What a front end would use: one endpoint, by HTTP and graphql-ws, as nobody or as one player. */
export type StoreClient = {
  /** The raw response, errors included. */
  send<Data>(query: string, variables?: object, headers?: Record<string, string>): Promise<Response<Data>>;
  /** The data. Rejects when there are errors. */
  ask<Data>(query: string, variables?: object): Promise<Data>;
  /** Resolves once the socket is open; events from then on are kept until they are taken. */
  follow<Data>(query: string, variables?: object): Promise<Live<Data>>;
  /** The same endpoint, as the bearer of `accessToken`. */
  as(accessToken: string): StoreClient;
};

/** A client of the store at `url` (without `/graphql`). */
export function createStoreClient(url: string, accessToken: string | null = null): StoreClient {
  const authorization = accessToken === null ? {} : { authorization: `Bearer ${accessToken}` };
  const send: StoreClient['send'] = async (query, variables = {}, headers = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...authorization, ...headers },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(WAIT_MS),
    });
    return (await response.json()) as never;
  };
  return {
    send,
    ask: async <Data>(query: string, variables = {}) => dataOf<Data>(await send<Data>(query, variables)),
    follow: async (query, variables = {}) => {
      const client = createClient({
        url: `${url.replace(/^http/, 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: authorization,
        lazy: false,
        retryAttempts: 0,
        onNonLazyError: () => undefined, // the stream's own reader hears of it
      });
      await opened(client);
      return createLive(client, { query, variables: { ...variables } });
    },
    as: (token) => createStoreClient(url, token),
  };
}

function dataOf<Data>({ data, errors }: Response<Data>): Data {
  if (errors)
    throw new Error(errors.map(({ message, path }) => `${message} (${path?.join('.') ?? 'no path'})`).join('; '));
  if (data == null) throw new Error('an answer without data');
  return data;
}

function opened(client: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    client.on('connected', () => resolve());
    client.on('closed', (event) =>
      reject(new Error(`the socket closed: ${String((event as { reason?: string }).reason)}`)),
    );
  });
}

function createLive<Data>(client: Client, payload: { query: string; variables: Record<string, unknown> }): Live<Data> {
  const events = client.iterate<Data>(payload);
  let ahead = events.next(); // subscribes now, not at the first read
  ahead.catch(() => undefined); // whoever reads it hears of it
  return {
    async next() {
      const result = await withTimeout(ahead);
      if (result.done) throw new Error('the stream ended');
      ahead = events.next();
      ahead.catch(() => undefined);
      return dataOf<Data>(result.value as Response<Data>);
    },
    close: async () => client.dispose(),
  };
}

async function withTimeout<Value>(work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing arrived within ${WAIT_MS} ms`)), WAIT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

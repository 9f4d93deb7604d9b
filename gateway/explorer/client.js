// The two ways to the endpoint: fetch for queries and mutations, graphql-transport-ws for subscriptions.

const RECONNECTS_MAX = 5;
const RECONNECT_MS = 1000;
/** Codes by which the server says that trying again is of no use. */
const FINAL_CODES = new Set([4400, 4401, 4403, 4406, 4409, 4429]);

/** Runs a query or mutation. Resolves to `{ status, body, text, tookMs }`; rejects when there is no answer at all. */
export async function run(url, { query, variables, operationName, headers, signal }) {
  const startedMs = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables, operationName }),
    signal,
  });
  const text = await response.text();
  return { status: response.status, text, body: parseJson(text), tookMs: performance.now() - startedMs };
}

/**
 * Follows a subscription until `stop()`. Tells `on.state('connecting' | 'live' | 'ended', reason)` and
 * `on.event(result)`. A lost connection is opened again; an operation with an `$after` variable goes on behind the
 * last event that it saw, so nothing is lost in between.
 */
export function follow(url, operation, on) {
  let socket = null;
  let retries = 0;
  let timer = 0;
  let isOver = false;
  let after = null;

  const end = (reason) => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    if (socket?.readyState <= WebSocket.OPEN) socket.close(1000);
    on.state('ended', reason);
  };
  const connect = () => {
    on.state('connecting', retries > 0 ? `connection lost, try ${retries} of ${RECONNECTS_MAX}` : '');
    socket = new WebSocket(url, 'graphql-transport-ws');
    const send = (message) => socket.send(JSON.stringify(message));
    socket.addEventListener('open', () => send({ type: 'connection_init', payload: operation.headers }));
    socket.addEventListener('message', ({ data }) => {
      const message = parseJson(data);
      if (message?.type === 'connection_ack') {
        send({ id: '1', type: 'subscribe', payload: toPayload(operation, after) });
        on.state('live', '');
      } else if (message?.type === 'ping') send({ type: 'pong' });
      else if (message?.type === 'next') {
        retries = 0;
        after = cursorOf(message.payload) ?? after;
        on.event(message.payload);
      } else if (message?.type === 'error') {
        on.event({ errors: message.payload });
        end('refused');
      } else if (message?.type === 'complete') end('the server completed it');
    });
    socket.addEventListener('close', ({ code, reason }) => {
      if (isOver) return;
      retries += 1;
      if (FINAL_CODES.has(code) || retries > RECONNECTS_MAX) return end(reason || `connection closed (${code})`);
      timer = setTimeout(connect, RECONNECT_MS * retries);
    });
  };
  connect();
  return { stop: () => end('stopped') };
}

function toPayload({ query, variables, operationName }, after) {
  const resumed = after !== null && /\$after\s*:/.test(query) ? { ...variables, after } : variables;
  return { query, variables: resumed, operationName };
}

function cursorOf(result) {
  const [field] = Object.values(result?.data ?? {});
  return typeof field?.cursor === 'string' ? field.cursor : null;
}

export function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

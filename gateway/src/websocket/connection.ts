import type { IncomingMessage } from 'node:http';
import { settlesWithin } from '@playgraph/kernel/bounded-wait';
import type { Clock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import { LeanAbortController } from '@playgraph/server/watch-abort';
import { MessageType, type SubscribeMessage } from 'graphql-ws';
import type { OnSocketOperation, SocketEnd } from '../http/access-log.ts';
import type { Admission } from '../http/admission.ts';
import type { RequestInfoDeps } from '../http/request-info.ts';
import { admit, type Caller, type ConnectionParams, closingOf } from './admit.ts';
import type { Channel } from './channel.ts';
import type { WebSocketLimits } from './limits.ts';
import {
  ackMessage,
  type ClientMessage,
  type Closing,
  closings,
  duplicateSubscriber,
  parseClientMessage,
  printComplete,
  printError,
  printNext,
  printPong,
} from './messages.ts';
import { type OperationLog, openOperationLog } from './operation-log.ts';
import { type OperationRunner, type OperationSink, runOperation } from './run-operation.ts';

export type ConnectionDeps = RequestInfoDeps & {
  readonly gateway: OperationRunner;
  readonly admission: Admission;
  readonly limits: WebSocketLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Hears of every operation when it has ended; nobody when absent. */
  readonly onOperation?: OnSocketOperation;
};

/** One client that speaks graphql-transport-ws. */
export type Connection = {
  receive(data: string): void;
  /** Takes no more operations, waits for the queries and mutations that run (not for streams), and closes with 1001. */
  drain(): Promise<void>;
  /** The socket is gone, closed with this code: everything stops. */
  closed(code: number): void;
};

/** A running operation. `done` resolves when it has ended. `log` is null where nobody hears of it. */
type Operation = {
  readonly stop: LeanAbortController;
  readonly log: OperationLog | null;
  isStream: boolean;
  done: Promise<void>;
};
type State = {
  readonly deps: ConnectionDeps;
  readonly channel: Channel;
  readonly request: IncomingMessage;
  readonly operations: Map<string, Operation>;
  readonly gone: AbortController;
  hasInit: boolean;
  /** Null until the connection is acknowledged. */
  caller: Caller | null;
  isDraining: boolean;
  initTimer: NodeJS.Timeout | null;
  idleTimer: NodeJS.Timeout | null;
  expiryTimer: NodeJS.Timeout | null;
};

/** The longest wait that a timer can hold; a token that lives longer ends after as long. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export function createConnection(deps: ConnectionDeps, channel: Channel, request: IncomingMessage): Connection {
  const state: State = {
    deps,
    channel,
    request,
    operations: new Map(),
    gone: new AbortController(),
    hasInit: false,
    caller: null,
    isDraining: false,
    initTimer: null,
    idleTimer: null,
    expiryTimer: null,
  };
  state.initTimer = setTimeout(() => close(state, closings.initTimeout), deps.limits.initMsMax);
  return {
    receive: (data) => receive(state, data),
    drain: () => drain(state),
    closed: (code) => stop(state, { code, reason: '' }),
  };
}

function receive(state: State, data: string): void {
  if (state.gone.signal.aborted) return;
  const message = parseClientMessage(data);
  const closing = message ? refusalOf(state, message) : closings.badMessage;
  if (closing) close(state, closing);
  else if (message) handle(state, message);
}

/** What the protocol does not allow now; null when it does. */
function refusalOf({ hasInit, caller, operations, deps }: State, message: ClientMessage): Closing | null {
  if (message.type === MessageType.ConnectionInit) return hasInit ? closings.tooManyInits : null;
  if (message.type !== MessageType.Subscribe) return null;
  if (!caller) return closings.unauthorized;
  if (operations.has(message.id)) return duplicateSubscriber(message.id);
  return operations.size < deps.limits.operationsMax ? null : closings.tooManyOperations;
}

function handle(state: State, message: ClientMessage): void {
  switch (message.type) {
    case MessageType.ConnectionInit:
      state.hasInit = true;
      void init(state, message.payload);
      return;
    case MessageType.Ping:
      state.channel.say(printPong(message));
      return;
    case MessageType.Pong:
      return;
    case MessageType.Subscribe:
      subscribe(state, message);
      return;
    case MessageType.Complete:
      complete(state, message.id);
  }
}

async function init(state: State, params: ConnectionParams): Promise<void> {
  const { deps, request, channel } = state;
  try {
    const caller = await admit(deps, request, params);
    if (state.gone.signal.aborted) return;
    if (state.initTimer) clearTimeout(state.initTimer);
    // Before the acknowledgement goes out: the client's first operation may be quicker than the rest of this turn.
    state.caller = caller;
    watchExpiry(state, caller);
    watchIdle(state);
    channel.say(ackMessage);
  } catch (error) {
    const closing = closingOf(error);
    if (!closing) deps.logger.error({ err: error }, 'a WebSocket client could not be admitted');
    close(state, closing ?? closings.internalError);
  }
}

function subscribe(state: State, { id, payload }: SubscribeMessage): void {
  const { caller, operations, deps, channel, request } = state;
  // While it drains, the socket is about to be closed: the client brings its operation to whoever comes next.
  if (!caller || state.isDraining) return;
  if (state.idleTimer) clearTimeout(state.idleTimer);
  const { onOperation } = deps;
  const log = onOperation ? openOperationLog({ onOperation, request, client: caller.client }) : null;
  const operation: Operation = { stop: new LeanAbortController(), log, isStream: false, done: Promise.resolve() };
  operations.set(id, operation);
  const isRunning = (): boolean => operations.get(id) === operation;
  const last = (message: string, how: SocketEnd): void => {
    if (isRunning()) channel.say(message);
    end(state, id, { operation, how });
  };
  const sink: OperationSink = {
    next: (body) => {
      if (!isRunning()) return Promise.resolve();
      const message = printNext(id, body);
      log?.sent(message.length);
      return channel.send(message);
    },
    error: (errors) => {
      const message = printError(id, errors);
      log?.failed(errors, Buffer.byteLength(message));
      last(message, 'ERROR');
    },
    complete: () => last(printComplete(id), 'COMPLETE'),
    tooSlow: () => close(state, closings.tooSlow),
    streams: () => {
      operation.isStream = true;
    },
  };
  const client = { signal: operation.stop.signal, ...caller.client };
  operation.done = runOperation(deps, { payload, client, log }, sink).finally(() =>
    end(state, id, { operation, how: 'COMPLETE' }),
  );
}

/** By the client; also in the tick of the subscribing. */
function complete(state: State, id: string): void {
  const operation = state.operations.get(id);
  if (operation) end(state, id, { operation, how: 'CLIENT' });
}

/** Frees the operation's name and stops what still works for it. */
function end(state: State, id: string, { operation, how }: { operation: Operation; how: SocketEnd }): void {
  operation.log?.ended(how);
  operation.stop.abort();
  if (state.operations.get(id) !== operation) return;
  state.operations.delete(id);
  watchIdle(state);
}

function watchIdle(state: State): void {
  if (state.operations.size > 0 || state.gone.signal.aborted) return;
  if (state.idleTimer) clearTimeout(state.idleTimer);
  state.idleTimer = setTimeout(() => close(state, closings.idle), state.deps.limits.idleMsMax);
}

function watchExpiry(state: State, { expiresAtMs }: Caller): void {
  if (expiresAtMs === null) return;
  const leftMs = Math.min(Math.max(expiresAtMs - state.deps.clock.nowMs(), 0), TIMER_MS_MAX);
  state.expiryTimer = setTimeout(() => close(state, closings.tokenExpired), leftMs);
}

async function drain(state: State): Promise<void> {
  state.isDraining = true;
  const { drainMsMax } = state.deps.limits;
  const finite = [...state.operations.values()].filter(({ isStream }) => !isStream);
  await settlesWithin(Promise.all(finite.map(({ done }) => done)), drainMsMax);
  close(state, closings.goingAway);
}

function close(state: State, closing: Closing): void {
  state.channel.close(closing);
  stop(state, closing);
}

function stop(state: State, closing: Closing): void {
  if (state.gone.signal.aborted) return;
  state.gone.abort();
  for (const timer of [state.initTimer, state.idleTimer, state.expiryTimer]) if (timer) clearTimeout(timer);
  for (const { stop: stopping, log } of state.operations.values()) {
    log?.ended('SOCKET', closing);
    stopping.abort();
  }
  state.operations.clear();
}

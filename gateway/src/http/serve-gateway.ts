import { createServer, type RequestListener, type ServerOptions } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { type Clock, systemClock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import { drain, listen } from '@playgraph/server/http-listener';
import type { HttpRoute } from '@playgraph/server/subgraph';
import type { Gateway } from '../gateway.ts';
import type { StreamObserver } from '../subscriptions/stream-observer.ts';
import type { Tracer } from '../telemetry/tracer.ts';
import type { WebSocketLimits } from '../websocket/limits.ts';
import type { OnRequest, OnSocketOperation } from './access-log.ts';
import { GRAPHQL_PATH, isAt, toOriginForm } from './address.ts';
import { type AdmissionLimits, createAdmission, type DoorObserver } from './admission.ts';
import { answerBadConnections } from './bad-connection.ts';
import { HEADERS_MS_MAX, KEEP_ALIVE_MS, REQUEST_MS_MAX } from './connection-limits.ts';
import { countRequest, followConnections } from './connections.ts';
import { invite, takeExpecting } from './expect-continue.ts';
import { createGraphqlDoor } from './graphql-door.ts';
import { improprietyOf, refuseExpectations, refuseImproper } from './improper-requests.ts';
import { asksForPage, sendPage, startApollo } from './landing-page.ts';
import { createOtherRoutes } from './other-routes.ts';
import { BODY_BYTES_MAX } from './read-body.ts';
import { checkForwardHeaders, type RequestInfoDeps, type VerifyToken } from './request-info.ts';
import { BATCH_MAX } from './request-params.ts';
import { cutStalled } from './stalled-connections.ts';
import { createStreamHub } from './stream-hub.ts';
import { serveWebSocket } from './websocket.ts';

/** All headers of a request together, its address among them. */
const HEADER_BYTES_MAX = 32 * 1024;
/** How often it is looked at whether a request takes too long to arrive. */
const CONNECTIONS_CHECK_MS = 2_000;

export type ServeGatewayDeps = {
  readonly gateway: Gateway;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly verifyToken: VerifyToken | null;
  /** For how long after its end `verifyToken` still lets a token count; 0 when absent. */
  readonly clockToleranceMs?: number;
  /** Sandbox, explorer, introspection and metering are for development only. */
  readonly isDevelopment: boolean;
  /** Browser origins that may call the endpoint; `*` is any. Tokens travel in a header, so no cookies are at stake. */
  readonly corsOrigins: '*' | readonly string[];
  /** Ready-made operations for the explorer: a folder of `.graphql` files. */
  readonly operationsDir: string | null;
  /** More routes on the same port, such as those of subgraphs in this process. */
  readonly routes: readonly HttpRoute[];
  /** Rejects while something behind the gateway is not ready. */
  readonly checkReady: () => Promise<void>;
  readonly logger: Logger;
  /** The machine's own when absent. */
  readonly clock?: Clock;
  /** Names of client headers that subgraphs get to see; trace context is passed on anyway. None when absent. */
  readonly forwardHeaders?: readonly string[];
  /** Whether `@defer` is delivered in parts to who takes them; yes when absent. */
  readonly defer?: boolean;
  /** Whether a body may hold an array of operations; off when absent. */
  readonly batching?: boolean;
  /** How many; BATCH_MAX when absent. */
  readonly batchOperationsMax?: number;
  /** Whether answers are compressed for clients that take it; on when absent. */
  readonly compression?: boolean;
  /** The largest request body; BODY_BYTES_MAX when absent. */
  readonly bodyBytesMax?: number;
  /** How often a quiet HTTP stream shows that it is alive; HEARTBEAT_MS when absent. */
  readonly heartbeatMs?: number;
  /** How long the headers of a request may take to arrive; HEADERS_MS_MAX when absent. */
  readonly headersMsMax?: number;
  /** How long a request may take to arrive; REQUEST_MS_MAX when absent. */
  readonly requestMsMax?: number;
  /** How long a connection may stay open unused; KEEP_ALIVE_MS when absent. */
  readonly keepAliveMs?: number;
  /** How long a connection may take nothing of its answer; STALLED_MS_MAX when absent. */
  readonly stalledMsMax?: number;
  /** What differs from the bounds of what is taken on at once, over HTTP and WebSocket. */
  readonly admissionLimits?: Partial<AdmissionLimits>;
  /** How many connections may be open, WebSockets among them; CONNECTIONS_MAX when absent. */
  readonly connectionsMax?: number;
  /** After how many requests a connection is closed; after none when null or absent. */
  readonly requestsPerConnectionMax?: number | null;
  /** How long `/health/ready` says 503 before connections are refused, for load balancers that poll it; 0 when absent. */
  readonly drainNoticeMs?: number;
  /** How long requests under way may take to end then; DRAIN_MS_MAX when absent. Those over WebSocket: `webSocketLimits`. */
  readonly drainMsMax?: number;
  /** What differs from the limits that WebSocket connections have otherwise. */
  readonly webSocketLimits?: Partial<WebSocketLimits>;
  /** Hears of sockets and streams; nobody when absent. */
  readonly streamObserver?: StreamObserver;
  /** Hears of connections and of what is turned away; nobody when absent. */
  readonly doorObserver?: DoorObserver | undefined;
  /** Hears of every request to `/graphql` over HTTP, such as `createAccessLog(logger)`; nobody when absent. */
  readonly onRequest?: OnRequest;
  /** The same for operations over WebSocket. */
  readonly onSocketOperation?: OnSocketOperation;
  /** Makes the spans of requests; nothing is traced when absent. */
  readonly tracer?: Tracer | null;
};

/** Serves `/graphql` (HTTP and graphql-ws), `/health/live`, `/health/ready` and in development `/explorer`. */
export async function serveGateway(deps: ServeGatewayDeps): Promise<{ url: string; close(): Promise<void> }> {
  const infoDeps: RequestInfoDeps = {
    verifyToken: deps.verifyToken,
    clockToleranceMs: deps.clockToleranceMs ?? 0,
    allowMetering: deps.isDevelopment,
    forwardHeaders: checkForwardHeaders(deps.forwardHeaders ?? []),
  };
  const apollo = await startApollo(deps);
  const streams = createStreamHub(deps);
  const state = { isDraining: false };
  const observer = deps.doorObserver ?? {};
  const admission = createAdmission(deps.admissionLimits, observer);
  const server = createServer(limitsOf(deps));
  answerBadConnections(server);
  takeExpecting(server);
  refuseExpectations(server);
  const { connectionsMax, requestsPerConnectionMax: requestsMax = null } = deps;
  const connections = followConnections(server, { observer, ...(connectionsMax !== undefined && { connectionsMax }) });
  cutStalled(server, connections, deps.stalledMsMax);
  const door = createGraphqlDoor({ ...infoDeps, ...doorSettings(deps), streams, admission, connections, observer });
  const others = createOtherRoutes(deps, () => state.isDraining);
  const route: RequestListener = (request, response) => {
    const impropriety = improprietyOf(request);
    if (impropriety) return refuseImproper(response, impropriety);
    if (state.isDraining) response.shouldKeepAlive = false;
    if (requestsMax !== null && !countRequest(connections.of(request.socket), { response, requestsMax })) return;
    request.url = toOriginForm(request.url ?? '/');
    if (!isAt(GRAPHQL_PATH, request.url)) {
      invite({ request, response }, Number.POSITIVE_INFINITY);
      others(request, response);
    } else if (deps.isDevelopment && asksForPage(request)) sendPage(apollo, response).catch(() => response.destroy());
    else door(request, response);
  };
  server.on('request', route);
  const sockets = serveWebSocket({
    ...infoDeps,
    gateway: deps.gateway,
    server,
    path: GRAPHQL_PATH,
    corsOrigins: deps.corsOrigins,
    admission,
    connections,
    doorObserver: observer,
    logger: deps.logger,
    ...(deps.clock && { clock: deps.clock }),
    ...(deps.webSocketLimits && { limits: deps.webSocketLimits }),
    tracer: deps.tracer ?? null,
    ...(deps.streamObserver && { observer: deps.streamObserver }),
    ...(deps.onSocketOperation && { onOperation: deps.onSocketOperation }),
  });
  const url = await listen(server, deps);
  return {
    url,
    close: async () => {
      state.isDraining = true;
      if (deps.drainNoticeMs) await setTimeout(deps.drainNoticeMs);
      streams.close();
      await Promise.all([sockets.close(), drain(server, deps.drainMsMax)]);
      await apollo.stop();
      await deps.gateway.close();
    },
  };
}

function doorSettings(deps: ServeGatewayDeps) {
  return {
    gateway: deps.gateway,
    corsOrigins: deps.corsOrigins,
    bodyBytesMax: deps.bodyBytesMax ?? BODY_BYTES_MAX,
    batchMax: deps.batching ? (deps.batchOperationsMax ?? BATCH_MAX) : 0,
    isDeferOn: deps.defer ?? true,
    isCompressionOn: deps.compression ?? true,
    onRequest: deps.onRequest,
    tracer: deps.tracer ?? null,
    clock: deps.clock ?? systemClock,
    logger: deps.logger,
  };
}

function limitsOf(deps: ServeGatewayDeps): ServerOptions {
  const { headersMsMax = HEADERS_MS_MAX, requestMsMax = REQUEST_MS_MAX, keepAliveMs = KEEP_ALIVE_MS } = deps;
  const headersTimeout = Math.min(headersMsMax, requestMsMax);
  return {
    // Looked at in `improprietyOf`, which says what is wrong.
    requireHostHeader: false,
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout,
    requestTimeout: requestMsMax,
    connectionsCheckingInterval: Math.min(CONNECTIONS_CHECK_MS, headersTimeout),
    keepAliveTimeout: keepAliveMs,
    noDelay: true,
  };
}

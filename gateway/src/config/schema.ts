import { DRAIN_MS_MAX } from '@playgraph/server/http-listener';
import { z } from 'zod';
import { REQUESTS_MAX, STREAMS_MAX } from '../http/admission.ts';
import { CONNECTIONS_MAX, HEADERS_MS_MAX, KEEP_ALIVE_MS, REQUEST_MS_MAX } from '../http/connection-limits.ts';
import { BATCH_MAX } from '../http/request-params.ts';
import { PROTECTION_DEFAULTS } from '../protection/protect-operation.ts';
import { defaultLimits } from '../websocket/limits.ts';
import { browserOrigin } from './browser-origin.ts';
import { identity, SECRET_CHARS_MIN } from './identity-schema.ts';
import {
  allSubgraphs,
  countOf,
  forwardedNames,
  httpUrl,
  namedSubgraph,
  onOrOff,
  ownHeaderSettings,
} from './subgraph-schema.ts';
import { findSourceProblem } from './supergraph-source.ts';

/** How often a supergraph at an address is asked for a newer version, unless said otherwise. */
const SUPERGRAPH_POLL_MS = 10_000;
const POLL_MS_MIN = 100;
const PORT_MAX = 65_535;
const DOCUMENT_TOKENS_MAX = 20_000;
const BODY_BYTES_MAX = 1024 * 1024;
const PUBLIC_FIELD = /^\w+(\.\w+)?$/;
const DRAIN_NOTICE_MS_MAX = 10_000;
/** Longer than whoever stops a process waits for it. */
const DRAIN_SETTING_MS_MAX = 3_600_000;

const flag = (byDefault: boolean) => onOrOff.default(byDefault);

const supergraph = z.strictObject({
  source: z
    .string({ error: 'say which supergraph to serve: --supergraph FILE or URL' })
    .min(1)
    .superRefine((source, context) => {
      const problem = findSourceProblem(source);
      if (problem !== null) context.addIssue(problem);
    })
    .describe(
      'File, by its path or a `file:` address, or `http(s)` address of the supergraph. `supergraph: FILE` is short for it. Required.',
    ),
  pollMs: countOf(POLL_MS_MIN)
    .default(SUPERGRAPH_POLL_MS)
    .describe('How often an address is asked for a newer version. A file is watched.'),
  headers: ownHeaderSettings,
});

const http = z.strictObject({
  requestsMax: countOf(1)
    .default(REQUESTS_MAX)
    .describe('Requests that may be under way at once, those over WebSocket among them; more are refused with 503.'),
  connectionsMax: countOf(1)
    .default(CONNECTIONS_MAX)
    .describe('Connections that may be open at once, WebSockets among them.'),
  requestsPerConnectionMax: countOf(1)
    .nullable()
    .default(null)
    .describe('After how many requests a connection is closed, so that clients spread over new instances.'),
  headersMs: countOf(1).default(HEADERS_MS_MAX).describe('How long the headers of a request may take to arrive.'),
  requestMs: countOf(1).default(REQUEST_MS_MAX).describe('How long a request may take to arrive, its body included.'),
  keepAliveMs: countOf(1)
    .default(KEEP_ALIVE_MS)
    .describe('How long a connection may be unused: longer than a load balancer in front keeps its own.'),
});

const limits = z.strictObject({
  depth: countOf(1).default(PROTECTION_DEFAULTS.limits.depthMax).describe('Levels of fields in an operation.'),
  rootFields: countOf(1).default(PROTECTION_DEFAULTS.limits.rootFieldsMax).describe('Root fields of an operation.'),
  fields: countOf(1)
    .default(PROTECTION_DEFAULTS.limits.fieldsMax)
    .describe('Fields in all, those of a fragment at each place.'),
  aliases: countOf().default(PROTECTION_DEFAULTS.limits.aliasesMax).describe('Aliases in an operation.'),
  directives: countOf().default(PROTECTION_DEFAULTS.limits.directivesMax).describe('Directives in an operation.'),
  introspectionDepth: countOf()
    .default(PROTECTION_DEFAULTS.limits.introspectionDepthMax)
    .describe('Lists within lists of an introspection query.'),
  valueDepth: countOf(1)
    .default(PROTECTION_DEFAULTS.limits.valueDepthMax)
    .describe('Lists and objects within each other in one value.'),
  tokens: countOf(1).default(DOCUMENT_TOKENS_MAX).describe('Lexical tokens of a document.'),
  cost: countOf(1)
    .default(PROTECTION_DEFAULTS.costMax)
    .describe('The cost of an operation by `@cost` and `@listSize`.'),
  costMode: z
    .enum(['auto', 'enforce', 'measure'])
    .default(PROTECTION_DEFAULTS.costMode)
    .describe('`auto`: the cost is a limit where the supergraph states costs or sizes; `measure`: it is none.'),
  listSize: countOf(1)
    .default(PROTECTION_DEFAULTS.listSizeDefault)
    .describe('The size of a list that says nothing of its size, for the cost.'),
  bodyBytes: countOf(1).default(BODY_BYTES_MAX).describe('The body of a request, unpacked.'),
});

const persistedOperations = z.strictObject({
  manifest: z
    .string()
    .nullable()
    .default(null)
    .describe('File with known operations, in the format `apollo-persisted-query-manifest`. Watched.'),
  mode: z
    .enum(['off', 'allow', 'require'])
    .default('allow')
    .describe('`allow`: listed operations may be sent by id; `require`: only listed ones run; `off`: no manifest.'),
  requireForScopes: z
    .array(z.string())
    .default([])
    .describe('Clients whose token has one of these scopes may run listed operations only.'),
  apq: flag(true).describe(
    "Whether clients may register documents by their hash (Apollo's automatic persisted queries).",
  ),
  apqTtlMs: countOf(1)
    .default(24 * 60 * 60_000)
    .describe('How long a document registered by its hash is kept.'),
});

const cache = z.strictObject({
  enabled: flag(true).describe('Whether what subgraphs declare cacheable (`cache-control`) is kept at all.'),
  entriesMax: countOf(1).default(100_000).describe('How many entities and answers are kept.'),
  ttlSecondsMax: countOf(1).default(3_600).describe('The longest that anything is kept, whatever a subgraph says.'),
  invalidateSecret: z
    .string()
    .min(SECRET_CHARS_MIN, `needs at least ${SECRET_CHARS_MIN} characters`)
    .nullable()
    .default(null)
    .describe('Opens `POST /cache/invalidate` to who sends it as a Bearer token.'),
});

const subscriptions = z.strictObject({
  queueMax: countOf(1).default(256).describe('Events that may wait for one client.'),
  queueBytesMax: countOf(1024)
    .default(1024 * 1024)
    .describe('Bytes of events that may wait for one client.'),
  slowReader: z
    .enum(['close', 'coalesce'])
    .default('close')
    .describe('When the queue is full: end the stream (4429), or keep the newest event only.'),
  publicFields: z
    .array(z.string().regex(PUBLIC_FIELD, 'is neither a type nor `Type.field`'))
    .default([])
    .describe('What has one value for everybody, as `Type` or `Type.field`: subscriptions to it share one upstream.'),
  socketsMax: countOf(1).default(defaultLimits.socketsMax).describe('WebSockets that may be open at once.'),
  operationsPerSocketMax: countOf(1)
    .default(defaultLimits.operationsMax)
    .describe('Operations that may run on one WebSocket at once.'),
  messageBytesMax: countOf(1).default(defaultLimits.messageBytesMax).describe('The largest message of a client.'),
  bufferedBytesMax: countOf(1)
    .default(defaultLimits.bufferedBytesMax)
    .describe("Bytes that may wait for a client's network."),
  streamsMax: countOf(1).default(STREAMS_MAX).describe('Subscriptions that may run at once, over WebSocket and HTTP.'),
  initMs: countOf(1).default(defaultLimits.initMsMax).describe('How long a client may take to say `connection_init`.'),
  pingMs: countOf(1)
    .default(defaultLimits.pingMs)
    .describe('How often a client is pinged; one that stays silent is cut off.'),
  idleMs: countOf(1).default(defaultLimits.idleMsMax).describe('How long a WebSocket may be without an operation.'),
});

const telemetry = z.strictObject({
  metrics: flag(true).describe('Whether `/metrics` is served, for Prometheus: to this machine, on the same port.'),
  metricsHost: z.string().default('127.0.0.1').describe('Where `metricsPort` listens.'),
  metricsPort: countOf(0, PORT_MAX)
    .nullable()
    .default(null)
    .describe('Serves `/metrics` on a port of its own instead, to everybody who reaches it.'),
  tracing: z
    .strictObject({
      endpoint: httpUrl
        .nullable()
        .default(null)
        .describe('Where OpenTelemetry spans go (OTLP over HTTP). Without it no span is made.'),
      sampleRatio: z
        .number('needs a number')
        .min(0, 'needs at least 0')
        .max(1, 'needs at most 1')
        .default(1)
        .describe('The part of requests without a trace context that are traced.'),
    })
    .prefault({}),
  accessLog: flag(false).describe('Whether every request writes a line to the log.'),
  accessLogUsers: flag(false).describe('Whether these lines have the user id of the access token: personal data.'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('What is logged.'),
});

/** Every setting of the gateway. A key that is not here is a mistake. `settings-table.ts` makes the manual from it. */
export const settingsSchema = z.strictObject({
  supergraph: supergraph.prefault({} as never),
  host: z.string().default('127.0.0.1').describe('Where to listen; `0.0.0.0` for every interface.'),
  port: countOf(0, PORT_MAX).default(4000).describe('Where to listen; 0 takes a free port.'),
  mode: z
    .enum(['production', 'development'])
    .default('production')
    .describe(
      '`development` adds the sandbox, the explorer at `/explorer`, any browser origin, errors of subgraphs in full, and in `extensions.plan` what an operation asked of subgraphs.',
    ),
  introspection: z.enum(['allow', 'deny', 'signed-in']).optional().meta({
    description: 'Who may ask for the schema. By default all, but nobody when `mode` is set to `production`.',
  }),
  sharing: flag(true).describe('Whether equal requests in flight share one execution and one call.'),
  prediction: flag(true).describe('Whether the calls that an operation sent last time are sent ahead.'),
  subgraphErrors: z
    .enum(['pass', 'redact'])
    .default('pass')
    .describe(
      '`pass`: clients read what subgraphs say of an error; `redact`: its code and the name of the subgraph alone.',
    ),
  drainNoticeMs: countOf(0, DRAIN_NOTICE_MS_MAX)
    .default(0)
    .describe('How long `/health/ready` says 503 before connections are refused, for load balancers that poll it.'),
  drainMs: countOf(1, DRAIN_SETTING_MS_MAX)
    .default(DRAIN_MS_MAX)
    .describe('How long requests under way may take to end once the gateway drains; then they are cut off.'),
  defer: flag(true).describe('Whether `@defer` is delivered in parts; otherwise in one answer.'),
  batching: z
    .strictObject({
      enabled: flag(false).describe('Whether a client may send several operations in one body.'),
      operationsMax: countOf(1).default(BATCH_MAX).describe('How many.'),
    })
    .prefault({}),
  cors: z
    .strictObject({
      origins: z
        .array(browserOrigin, 'needs a list of origins')
        .optional()
        .meta({ description: 'Browser origins that may call, or `*`. By default any in development, none otherwise.' }),
    })
    .prefault({}),
  headers: z
    .strictObject({
      forward: forwardedNames.describe('Client headers that go on to every subgraph.'),
    })
    .prefault({}),
  identity: identity.prefault({}),
  http: http.prefault({}),
  limits: limits.prefault({}),
  persistedOperations: persistedOperations.prefault({}),
  cache: cache.prefault({}),
  subscriptions: subscriptions.prefault({}),
  telemetry: telemetry.prefault({}),
  operationsDir: z
    .string()
    .nullable()
    .default(null)
    .describe('Folder of ready-made `.graphql` operations for the explorer.'),
  subgraphs: z
    .object({ all: allSubgraphs.prefault({}) })
    .catchall(namedSubgraph)
    .prefault({}),
});

/** Every setting with its value. */
export type Settings = DeepReadonly<z.output<typeof settingsSchema>>;

type DeepReadonly<Value> = Value extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : Value extends object
    ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> }
    : Value;

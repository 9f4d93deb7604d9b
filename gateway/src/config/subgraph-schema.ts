import { CONNECTION_HEADERS } from '@playgraph/server/request-headers';
import { CONNECTIONS_MAX, QUEUE_MAX } from '@playgraph/server/subgraph-pool';
import { z } from 'zod';

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~\w]+$/;
/** Whether a text can be the value of a header. */
export const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const DEADLINE_MS = 10_000;
const RETRIES_MAX = 2;
const RESPONSE_BYTES_MAX = 50 * 1024 * 1024;

/** The longest wait of a timer in milliseconds: Node takes a longer one for none at all. Larger counts are mistakes too. */
const COUNT_MAX = 2 ** 31 - 1;

/** A whole number from `least` to `most`. */
export const countOf = (least = 0, most = COUNT_MAX) =>
  z
    .number('needs a number')
    .int('needs a whole number')
    .min(least, `needs at least ${least}`)
    .max(most, `needs at most ${most}`);

/** A switch: `true` and `false`, also `on` and `off`. */
export const onOrOff = z.boolean('is either on or off');

const text = z.string().min(1);

/** One text, or a list of some. */
export const oneOrMore = z.union([z.array(text).min(1), text], {
  error: 'needs a text or a list of texts',
});

/** How much a subgraph is asked, and in which ways. */
export type SubgraphTuning = {
  /** How long a call may take, its retries included. */
  readonly deadlineMs: number;
  /** How often a query is sent again after a failure. */
  readonly retriesMax: number;
  readonly connectionsMax: number;
  /** Requests that may wait for a connection. */
  readonly queueMax: number;
  /** The largest answer, and the largest event, that is read. */
  readonly responseBytesMax: number;
  /** Whether requests of one moment travel as one body. */
  readonly batching: boolean;
  /** Whether it may be asked ahead. */
  readonly prediction: boolean;
};

/** What a subgraph's settings are where neither it nor `all` says otherwise. */
export const SUBGRAPH_DEFAULTS: SubgraphTuning = {
  deadlineMs: DEADLINE_MS,
  retriesMax: RETRIES_MAX,
  connectionsMax: CONNECTIONS_MAX,
  queueMax: QUEUE_MAX,
  responseBytesMax: RESPONSE_BYTES_MAX,
  batching: false,
  prediction: true,
};

const headerName = z.string().regex(HEADER_NAME, 'is not a header name');
const headerValue = z.string().regex(HEADER_VALUE, 'is not a header value: it has a line break or the like');

/** Names of client headers that go on to subgraphs. */
export const forwardedNames = z
  .array(
    headerName
      .refine((name) => !CONNECTION_HEADERS.has(name.toLowerCase()), 'belongs to one connection, it cannot go on')
      // It could stand in a name, and nobody means that.
      .refine((name) => !name.includes('*'), 'is a pattern: headers are named one by one'),
    'needs a list of names',
  )
  .default([]);

const ownHeaders = {
  set: z.record(headerName, headerValue).default({}).describe('Headers with a fixed value.'),
  fromEnv: z
    .record(headerName, z.string())
    .default({})
    .describe('Headers whose value is in the environment: header name to variable name.'),
};

/** Headers of the gateway's own: fixed ones, and ones whose value is a secret of the environment. */
export const ownHeaderSettings = z.strictObject(ownHeaders).prefault({});

const headerSettings = z
  .strictObject({ forward: forwardedNames.describe('Names of client headers that go along.'), ...ownHeaders })
  .prefault({});

const positive = (key: keyof typeof SUBGRAPH_DEFAULTS, description: string) =>
  countOf(1).optional().meta({ description, default: SUBGRAPH_DEFAULTS[key] });
const flag = (key: keyof typeof SUBGRAPH_DEFAULTS, description: string) =>
  onOrOff.optional().meta({ description, default: SUBGRAPH_DEFAULTS[key] });

const common = {
  deadlineMs: positive('deadlineMs', 'How long a call may take, its retries included.'),
  retriesMax: countOf()
    .optional()
    .meta({ description: 'How often a query is sent again after a failure.', default: RETRIES_MAX }),
  connectionsMax: positive('connectionsMax', 'Connections that may be open at once.'),
  queueMax: countOf()
    .optional()
    .meta({ description: 'Requests that may wait for a connection; the next ones fail at once.', default: QUEUE_MAX }),
  responseBytesMax: positive(
    'responseBytesMax',
    'The largest answer, and the largest event of a subscription, that is read.',
  ),
  batching: flag('batching', 'Whether requests of one moment travel as one body; the subgraph must know this format.'),
  prediction: flag('prediction', 'Whether this subgraph may be asked ahead.'),
  headers: headerSettings,
};

/** An address of a service; plain names such as `localhost` count. */
export const httpUrl = z.url({ protocol: /^https?$/, error: 'is not an http(s) address' });

const resumeRule = z.strictObject({
  field: z.string().min(1),
  argument: z.string().min(1),
  from: z.string().min(1),
});

/** Settings for every subgraph. */
export const allSubgraphs = z.strictObject(common);

/** Settings of one subgraph; what it leaves out is as for all. */
export const namedSubgraph = z.strictObject({
  url: httpUrl.optional().meta({ description: "Its address, instead of the supergraph's own." }),
  ...common,
  subscription: z
    .strictObject({
      url: z
        .url({ protocol: /^(https?|wss?)$/, error: 'is not a ws(s) or http(s) address' })
        .optional()
        .meta({ description: 'Where it serves subscriptions over graphql-ws, when that is another address.' }),
      callersBy: z
        .enum(['signature', 'headers'])
        .default('signature')
        .describe(
          'How it learns who asks: signed with `identity.secret`, where there is one, or by forwarded headers.',
        ),
      connectionParams: z
        .record(z.string().min(1), headerName)
        .optional()
        .meta({ description: 'The payload of `connection_init`: where in it which header stands. All when absent.' }),
      resume: z
        .array(resumeRule)
        .default([])
        .describe('How streams go on after a lost connection: `{ field, argument, from }`; see subscriptions.md.'),
    })
    .prefault({}),
});

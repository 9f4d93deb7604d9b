import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  failedResponse,
  type Transport,
  type TransportAnswer,
  type TransportInfo,
  type TransportRequest,
  type TransportResponse,
} from '@playgraph/server/transport';
import { watchAbort } from '@playgraph/server/watch-abort';
import { OperationTypeNode } from 'graphql';

/** What a subgraph knows of a node. */
export type Node = {
  readonly value: string;
  /** The nodes that a walk goes on to. */
  readonly next: readonly number[];
  readonly maxAge: number;
  readonly errors?: TransportResponse['errors'];
};

/** A request on its way to a subgraph, or answered. Instants are counted in events of the world. */
export type Sending = {
  readonly subgraph: string;
  readonly request: TransportRequest;
  readonly info: TransportInfo;
  readonly node: number;
  /** The subgraph works out its answer from the data of now; it is delivered later. */
  produce(): void;
  /** The answer arrives; worked out now unless that was done before. */
  deliver(): void;
  /** It turns out that the subgraph cannot be reached. */
  fail(): void;
  answer: TransportAnswer | null;
  producedAt: number | null;
  deliveredAt: number | null;
  isAborted: boolean;
};

export type World = ReturnType<typeof createWorld>;

export const SUBGRAPHS = ['alpha', 'beta', 'gamma'];

/** Everyone who can go on without an answer has gone on. */
export const turn = (): Promise<void> => nextTurn();

/**
 * Three subgraphs that hold nodes in memory. Nothing is answered before the test says so, and the data may change at
 * any time in between.
 */
export function createWorld() {
  const nodes = new Map<number, Node>();
  const sendings: Sending[] = [];
  let now = 0;
  let parses = 0;

  const nodeOf = (id: number): Node => nodes.get(id) ?? { value: `v${id}`, next: [], maxAge: 60 };
  const answerNow = (request: TransportRequest, info: TransportInfo): TransportAnswer => {
    const id = Number(request.variables.id);
    const node = nodeOf(id);
    if (request.operationType === OperationTypeNode.MUTATION) nodes.set(id, { ...node, value: `${node.value}+` });
    const { value, next, maxAge, errors } = nodeOf(id);
    const data = { viewer: info.identity?.userId ?? null, node: { value, next } };
    return toWireAnswer({ data, errors }, { cacheControl: `max-age=${maxAge}`, onParse: () => ++parses });
  };
  const send = (subgraph: string, request: TransportRequest, info: TransportInfo) =>
    new Promise<TransportAnswer>((resolve, reject) => {
      const sending: Sending = {
        subgraph,
        request,
        info,
        node: Number(request.variables.id),
        produce() {
          sending.answer ??= answerNow(request, info);
          sending.producedAt ??= ++now;
        },
        deliver() {
          sending.produce();
          sending.deliveredAt = ++now;
          if (sending.answer) resolve(sending.answer);
        },
        fail() {
          sending.answer = answerOfNobody();
          sending.producedAt = ++now;
          sending.deliver();
        },
        answer: null,
        producedAt: null,
        deliveredAt: null,
        isAborted: false,
      };
      watchAbort(info.signal, {
        onAbort() {
          if (sending.deliveredAt !== null) return;
          sending.isAborted = true;
          reject(info.signal.reason);
        },
      });
      sendings.push(sending);
    });
  const pending = () => sendings.filter(({ deliveredAt, isAborted }) => deliveredAt === null && !isAborted);

  return {
    transports: new Map(SUBGRAPHS.map((name) => [name, createWorldTransport((...sent) => send(name, ...sent))])),
    /** Every request that ever went out. */
    sendings,
    now: () => now,
    /** How many answers were parsed so far. */
    parses: () => parses,
    set(id: number, node: Partial<Node>) {
      now += 1;
      nodes.set(id, { ...nodeOf(id), ...node });
    },
    /** What is neither answered nor cancelled. */
    pending,
    pendingNodes: () => pending().map(({ node }) => node),
    /** Delivers what is pending for these nodes, and lets everyone go on. */
    async deliver(...ids: readonly number[]) {
      for (const sending of pending()) if (ids.includes(sending.node)) sending.deliver();
      await turn();
    },
    /** Delivers all that is pending, step by step, until nothing is; how many steps that took. */
    async deliverAll(): Promise<number> {
      let steps = 0;
      await turn();
      for (let left = pending(); left.length > 0; left = pending()) {
        for (const sending of left) sending.deliver();
        steps += 1;
        await turn();
      }
      return steps;
    },
  };
}

/** An answer as a transport over a wire gives it: bytes, parsed at the first reading. */
function toWireAnswer(
  response: TransportResponse,
  { cacheControl, onParse }: { cacheControl: string; onParse: () => void },
): TransportAnswer {
  const bytes = Buffer.from(JSON.stringify(response));
  let parsed: TransportResponse | undefined;
  const parse = (): TransportResponse => {
    onParse();
    return JSON.parse(bytes.toString());
  };
  return {
    bytes,
    cacheControl,
    read() {
      parsed ??= parse();
      return parsed;
    },
  };
}

function answerOfNobody(): TransportAnswer {
  const response = failedResponse('UNAVAILABLE', 'There is no way there.');
  return { bytes: null, cacheControl: null, read: () => response };
}

export function createWorldTransport(execute: Transport['execute']): Transport {
  return {
    execute,
    subscribe: () => {
      throw new TypeError('nothing to subscribe to');
    },
    close: async () => undefined,
  };
}

import type { Identity } from '@playgraph/auth/identity';
import { createTransportRequest, type TransportRequest } from '@playgraph/server/transport';
import { OperationTypeNode } from 'graphql';
import { createCallRunner, type Execution, type RunResult } from '../../src/calls/call-runner.ts';
import type { SubgraphCall } from '../../src/calls/subgraph-call.ts';
import type { ClientInfo, PrintedAnswer } from '../../src/client-request.ts';
import { createWorld, SUBGRAPHS } from './world.ts';

/** An operation: walk from each of `roots`, `steps` nodes deep. */
export type Walk = { readonly roots: readonly number[]; readonly steps: number };

/** What a walk tells of a node, and of those that it went on to. */
export type WalkedNode = {
  readonly id: number;
  readonly error?: string;
  readonly told?: unknown;
  readonly next?: WalkedNode[];
};

/** Walks step by step: a pure function of what `call` brings. */
export async function walk({ roots, steps }: Walk, call: SubgraphCall): Promise<PrintedAnswer> {
  const maxAges: number[] = [];
  const visit = async (id: number, left: number): Promise<WalkedNode> => {
    const answer = await call(subgraphOf(id), requestFor(id));
    const { data, errors } = answer.read();
    if (!data) return { id, error: errors?.[0]?.message ?? 'nothing' };
    maxAges.push(Number(answer.cacheControl?.split('=')[1] ?? 0));
    const { next } = data.node as { next: number[] };
    const children = left > 1 ? await Promise.all(next.map((child) => visit(child, left - 1))) : [];
    return { id, told: errors ? { data, errors } : data, next: children };
  };
  const body = Buffer.from(JSON.stringify({ data: await Promise.all(roots.map((root) => visit(root, steps))) }));
  return { body, outcome: 'DATA', status: null, cacheControl: `max-age=${Math.min(...maxAges)}` };
}

/** Changes a node, then walks from it. */
export async function changeAndWalk(id: number, call: SubgraphCall): Promise<PrintedAnswer> {
  await call(subgraphOf(id), requestFor(id, OperationTypeNode.MUTATION));
  return walk({ roots: [id], steps: 1 }, call);
}

export function subgraphOf(id: number): string {
  return SUBGRAPHS[id % SUBGRAPHS.length] ?? '';
}

export function requestFor(id: number, operationType = OperationTypeNode.QUERY): TransportRequest {
  const query =
    operationType === OperationTypeNode.QUERY ? 'query ($id: Int) { node }' : 'mutation ($id: Int) { change }';
  return createTransportRequest({ query, operationName: undefined, operationType, variables: { id } });
}

/** A client of its own that may be sent away. */
export function createClient(client: Partial<ClientInfo> = {}) {
  const controller = new AbortController();
  const info: ClientInfo = {
    identity: null,
    correlationId: 'test',
    signal: controller.signal,
    isMetered: false,
    headers: {},
    allowsSharing: true,
    ...client,
  };
  return { info, leave: () => controller.abort() };
}

export function identityOf(userId: string, scopes: readonly string[] = []): Identity {
  return { userId, sessionId: `session of ${userId}`, scopes };
}

export type WorldOptions = Partial<Omit<Parameters<typeof createCallRunner>[0], 'transports'>>;

/** A world with a runner in front of it. */
export function createWalkedWorld(options: WorldOptions = {}) {
  const world = createWorld();
  const runner = createCallRunner({
    transports: () => world.transports,
    sharing: false,
    prediction: false,
    ...options,
  });
  const notes = { executions: 0 };
  const start = (walked: Walk, client: Partial<ClientInfo> = {}) =>
    runner.run(toExecution(walked, createClient(client).info, notes));
  return {
    ...world,
    runner,
    /** How often an executor ran. */
    notes,
    start,
    /** Runs to the end, with every answer given at once. */
    async finish(walked: Walk, client: Partial<ClientInfo> = {}): Promise<RunResult & { steps: number }> {
      const result = start(walked, client);
      const steps = await world.deliverAll();
      return { ...(await result), steps };
    },
  };
}

export type WalkedWorld = ReturnType<typeof createWalkedWorld>;

export function toExecution(walked: Walk, client: ClientInfo, notes = { executions: 0 }): Execution {
  return {
    operationId: `walk of ${walked.steps}`,
    variablesKey: JSON.stringify(walked.roots),
    isMutation: false,
    client,
    execute(call) {
      notes.executions += 1;
      return walk(walked, call);
    },
  };
}

export function toChange(id: number, client: ClientInfo): Execution {
  return {
    operationId: 'change',
    variablesKey: String(id),
    isMutation: true,
    client,
    execute: (call) => changeAndWalk(id, call),
  };
}

/** What a plain walk over the data of now says, with no runner in between. */
export async function walkPlainly(world: WalkedWorld, walked: Walk): Promise<string> {
  const call = world.runner.callFor(createClient().info);
  const answer = walk(walked, call);
  await world.deliverAll();
  return (await answer).body.toString();
}

import { silentLogger } from '@playgraph/kernel/logger';
import type { Transport, TransportAnswer } from '@playgraph/server/transport';
import { type CallRunner, createCallRunner } from '../../src/calls/call-runner.ts';
import { createExecutor } from '../../src/executor.ts';
import { createInfo, createTestGraph, type SeenCall, type SubgraphParts, type TestResponse } from '../test-graph.ts';

/** A call that waits at its gate. */
export type HeldCall = SeenCall & { readonly release: () => void };

export type GatedGraph = ReturnType<typeof createGatedGraph>;

/**
 * Real subgraphs whose answers are bytes, as over HTTP, each call noted. Calls for which `gate.holds` says so are worked
 * out at once and delivered when the test releases them.
 */
export function createGatedGraph(parts: Readonly<Record<string, SubgraphParts>>, prediction: boolean) {
  const { graph } = createTestGraph(parts);
  const seen: SeenCall[] = [];
  const held: HeldCall[] = [];
  const arrivals: (() => void)[] = [];
  const gate: { holds: (call: SeenCall) => boolean } = { holds: () => false };
  const arrive = (call: SeenCall): void => {
    seen.push(call);
    for (const notify of arrivals.splice(0)) notify();
  };
  const wrap = (subgraph: string, transport: Transport): Transport => ({
    ...transport,
    async execute(request, info) {
      const call = { subgraph, request };
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      if (gate.holds(call)) held.push({ ...call, release });
      else release();
      arrive(call);
      const answer = toBytes(await transport.execute(request, info));
      await released;
      return answer;
    },
  });
  const transports = new Map([...graph.transports].map(([name, transport]) => [name, wrap(name, transport)]));
  const runner: CallRunner = createCallRunner({ transports: () => transports, sharing: false, prediction });
  const executor = createExecutor({
    graph: () => graph,
    runner,
    logger: silentLogger,
    prediction,
    prepareAgain: async (operation) => operation,
  });
  return {
    seen,
    held,
    gate,
    stats: () => runner.stats(),
    /** Resolves when `count` calls have been sent in all. */
    async arrived(count: number): Promise<void> {
      while (seen.length < count) await new Promise<void>((resolve) => void arrivals.push(resolve));
    },
    async query(source: string, variables: Record<string, unknown> = {}): Promise<TestResponse> {
      const operation = graph.catalogue.prepare(source, undefined);
      if ('errors' in operation) throw new Error(JSON.stringify(operation.errors));
      const { body } = await executor.execute(operation, variables, createInfo());
      return JSON.parse(body.toString()) as TestResponse;
    },
  };
}

function toBytes(answer: TransportAnswer): TransportAnswer {
  const bytes = Buffer.from(JSON.stringify(answer.read()));
  let parsed: ReturnType<TransportAnswer['read']> | undefined;
  return {
    ...answer,
    bytes,
    read() {
      parsed ??= JSON.parse(bytes.toString()) as ReturnType<TransportAnswer['read']>;
      return parsed;
    },
  };
}

/** The entities that a call asks for, by the name of their representations variable. */
export function asked({ request: { variables } }: SeenCall): Record<string, unknown[]> {
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1])),
  );
}

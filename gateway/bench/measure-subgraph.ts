import { setTimeout as wait } from 'node:timers/promises';
import { printRequest } from './http-request.ts';
import { startLoad } from './load.ts';
import type { Scenario } from './scenarios.ts';
import type { Subgraphs } from './start-subgraphs.ts';

const MEASURE_MS = 2_000;

/** How long one call to a slow service takes by itself, at the median, in milliseconds: what no gateway can be below. */
export async function measureSubgraph(subgraphs: Subgraphs, scenarios: readonly Scenario[]): Promise<number> {
  await subgraphs.order({ changes: false, delayMs: Math.max(...scenarios.map(({ delayMs }) => delayMs)) });
  const request = printRequest({ query: '{ users { id name } }' }, { port: subgraphs.port, path: '/accounts' });
  const load = startLoad({
    port: subgraphs.port,
    connections: 1,
    nextRequest: () => request,
    isSampled: () => false,
    check: () => null,
    bodyBytes: null,
  });
  try {
    await wait(MEASURE_MS);
    return load.read().p50Ms;
  } finally {
    load.stop();
  }
}

import type { createTestGraph } from '../test-graph.ts';

type Graph = ReturnType<typeof createTestGraph>;

/** The data of an answer without errors, as the text that a client gets: the order of keys counts. @throws with the errors. */
export async function ask(graph: Graph, source: string, variables: Record<string, unknown> = {}): Promise<string> {
  const { data, errors } = await graph.query(source, variables);
  if (errors) throw new Error(JSON.stringify(errors));
  return JSON.stringify(data);
}

/** The data of an answer, and where its errors stand. */
export async function askBroken(graph: Graph, source: string): Promise<{ data: string; paths: string[] }> {
  const { data, errors } = await graph.query(source);
  const paths = (errors ?? []).map(({ path = [] }) => path.join('.'));
  return { data: JSON.stringify(data), paths: paths.sort() };
}

/** The names of the subgraphs that were asked, in order. */
export function callsOf(graph: Graph): string[] {
  return graph.seen.map(({ subgraph }) => subgraph);
}

/** One way to drive a gateway. */
export type Scenario = {
  /** The letter of the line; more than one letter is a variant that only our gateway runs. */
  readonly id: string;
  readonly title: string;
  /** Whether work may be shared between requests in flight. */
  readonly shares: boolean;
  /** Only for our gateway. */
  readonly predicts: boolean;
  /** Whether every subgraph answer differs from the one before. */
  readonly changes: boolean;
  /** Whether every client request differs from the others. */
  readonly differs: boolean;
  /** Whether requests of one moment to one subgraph travel as one body. Only for our gateway. */
  readonly batches: boolean;
  readonly connections: number;
  /** How long a subgraph takes. */
  readonly delayMs: number;
  readonly oursOnly: boolean;
};

const CONNECTIONS = 50;
const SLOW_SUBGRAPH_MS = 5;

const base = {
  shares: false,
  predicts: true,
  changes: false,
  differs: false,
  batches: false,
  connections: CONNECTIONS,
  delayMs: 0,
  oursOnly: false,
};
const one = { ...base, shares: true, connections: 1, delayMs: SLOW_SUBGRAPH_MS };

/** The rungs of the benchmark. */
export const scenarios: readonly Scenario[] = [
  { ...base, id: 'a', title: 'nothing shared, data differs in every answer', changes: true },
  { ...base, id: 'a-', title: '(a) without prediction', changes: true, predicts: false, oursOnly: true },
  { ...base, id: 'a+', title: '(a) with subgraphs that take batches', changes: true, batches: true, oursOnly: true },
  { ...base, id: 'b', title: 'nothing shared, stable data' },
  { ...base, id: 'b-', title: '(b) without prediction', predicts: false, oursOnly: true },
  { ...base, id: 'b+', title: '(b) with subgraphs that take batches', batches: true, oursOnly: true },
  { ...base, id: 'c', title: 'sharing on, requests differ', shares: true, differs: true },
  { ...base, id: 'd', title: 'sharing on, requests equal', shares: true },
  { ...one, id: 'e', title: `one connection, subgraphs take ${SLOW_SUBGRAPH_MS} ms` },
  { ...one, id: 'e+', title: '(e) with data that differs in every answer', changes: true, oursOnly: true },
  { ...one, id: 'e-', title: '(e) without prediction', predicts: false, oursOnly: true },
];

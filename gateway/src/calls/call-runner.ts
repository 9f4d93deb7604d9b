import type { Transport, TransportAnswer } from '@playgraph/server/transport';
import type { CancelSignal } from '@playgraph/server/watch-abort';
import { OperationTypeNode } from 'graphql';
import type { ClientInfo, PrintedAnswer } from '../client-request.ts';
import { addCallCounts, type CallCounts, createCallCounts } from './call-counts.ts';
import { createCallScope, missingTransport } from './call-scope.ts';
import { clientKeyOf } from './client-key.ts';
import type { ExecutionMemoryLimits } from './execution-memory.ts';
import { createForesight, type Foresight } from './foresight.ts';
import { createInFlight, type InFlight, waitFor } from './in-flight.ts';
import type { RecordedCall } from './recorder.ts';
import type { Execute, SubgraphCall } from './subgraph-call.ts';
import { createTurns, type Turns } from './turns.ts';

/** A query or mutation of a client, ready to run. */
export type Execution = {
  /** What is executed: equal ids are the same operation of the same graph. */
  readonly operationId: string;
  /** The values of the variables that the operation uses, printed so that equal values give equal texts. */
  readonly variablesKey: string;
  readonly isMutation: boolean;
  readonly client: ClientInfo;
  /**
   * A pure function of what it is told by `call` and by what it claims of `foreseen`, which waits for everything that it
   * asks for. It may work for several clients: it must not look at `client.signal`; `call` rejects when all have gone.
   */
  readonly execute: Execute;
  /** False when the execution was told something by other means, such as a cache. True when absent. */
  readonly isRepeatable?: () => boolean;
};

export type RunResult = {
  readonly answer: PrintedAnswer;
  /** `REMEMBERED`: all subgraph answers were those of last time, nothing was executed. `JOINED`: another client's run. */
  readonly how: 'EXECUTED' | 'REMEMBERED' | 'JOINED';
  /** What the run asked of subgraphs; all who share a run get the same counts. */
  readonly calls: Readonly<CallCounts>;
};

export type CallRunnerStats = Readonly<CallCounts> & {
  /** Runs that began. */
  readonly runs: number;
  /** Client requests that waited for a run under way instead of beginning one. */
  readonly joinedRuns: number;
  /** Runs that were answered without executing anything. */
  readonly rememberedRuns: number;
  readonly remembered: { readonly executions: number; readonly bytes: number };
  /** What is under way and can be joined. */
  readonly inFlight: { readonly runs: number; readonly calls: number };
  /** Runs that wait for their turn. */
  readonly waiting: number;
};

/** Everything that stands between an execution and the transports. */
export type CallRunner = {
  /** Rejects with the signal's reason when `client.signal` aborts, and when `execute` rejects. */
  run(execution: Execution): Promise<RunResult>;
  /** Calls for one client that share and remember nothing, such as those for an event of a subscription. */
  callFor(client: ClientInfo): SubgraphCall;
  /** Lets nobody join what is under way: something has changed. */
  seal(): void;
  /** Drops everything remembered, and lets nobody join what is under way: the graph has changed. */
  forget(): void;
  /** How well an operation's requests could be foreseen lately, in [0, CONFIDENCE_MAX]. */
  confidenceOf(operationId: string): number;
  stats(): CallRunnerStats;
};

export type CallRunnerOptions = {
  /** The ways to the subgraphs of the graph in force, by name. */
  readonly transports: () => ReadonlyMap<string, Transport>;
  /**
   * Whether equal queries under way at the same time are one, and equal subgraph requests of different queries. Who joins
   * is told what was asked a little before it came, but nothing from before a mutation that this runner has answered.
   */
  readonly sharing: boolean;
  /** Whether an execution sends ahead what the last one of its kind sent. */
  readonly prediction: boolean;
  /** Subgraphs to which nothing is sent before it is asked for, and of whose answers nothing is remembered. */
  readonly predictionOptOut?: Pick<ReadonlySet<string>, 'has'>;
  readonly limits?: ExecutionMemoryLimits;
  /** Calls whose answers are kept elsewhere, so that they are not sent ahead. None when absent. */
  readonly isKept?: (call: RecordedCall) => boolean;
};

type Mode = { readonly shares: boolean; readonly predicts: boolean };
type Terms = Mode & {
  readonly key: string;
  readonly clientKey: string;
  readonly signal: CancelSignal;
  /** Of when the run was asked for, on the graph that it was compiled for: before its turn another may be in force. */
  readonly transports: Transports;
  readonly generation: number;
};
type Transports = ReturnType<CallRunnerOptions['transports']>;
type Outcome = RunResult & { readonly how: 'EXECUTED' | 'REMEMBERED' };

type Parts = {
  readonly options: CallRunnerOptions;
  readonly runs: InFlight<Outcome>;
  readonly calls: InFlight<TransportAnswer>;
  readonly foresight: Foresight;
  readonly turns: Turns;
  /** Rises when everything is forgotten. */
  generation: number;
  readonly totals: CallCounts & {
    runs: number;
    joinedRuns: number;
    rememberedRuns: number;
  };
};

export function createCallRunner(options: CallRunnerOptions): CallRunner {
  const parts: Parts = {
    options,
    runs: createInFlight(),
    calls: createInFlight(),
    foresight: createForesight({
      optOut: options.predictionOptOut ?? new Set(),
      limits: options.limits ?? {},
      isKept: options.isKept,
    }),
    turns: createTurns(),
    generation: 0,
    totals: {
      ...createCallCounts(),
      runs: 0,
      joinedRuns: 0,
      rememberedRuns: 0,
    },
  };
  const { runs, calls, foresight, turns, totals } = parts;
  return {
    async run(execution) {
      execution.client.signal.throwIfAborted();
      const mode = modeOf(execution, options);
      return mode.shares || mode.predicts ? runTogether(parts, execution, mode) : runAlone(parts, execution);
    },
    callFor: (client) => callAlone(parts, client, totals),
    seal: () => seal(parts),
    forget() {
      parts.generation += 1;
      seal(parts);
      foresight.forget();
    },
    confidenceOf: foresight.confidenceOf,
    stats: () => ({
      ...totals,
      remembered: foresight.size(),
      inFlight: { runs: runs.size(), calls: calls.size() },
      waiting: turns.waiting(),
    }),
  };
}

/** A mutation changes something each time, and a client that wants an answer of its own gets one. */
function modeOf({ isMutation, client }: Execution, { sharing, prediction }: CallRunnerOptions): Mode {
  const isOpen = !isMutation && client.allowsSharing;
  // A metered answer tells what it cost, and that differs from run to run.
  return {
    shares: isOpen && sharing,
    predicts: isOpen && prediction && !client.isMetered,
  };
}

async function runTogether(parts: Parts, execution: Execution, mode: Mode): Promise<RunResult> {
  const { operationId, variablesKey, client } = execution;
  const clientKey = clientKeyOf(client);
  const key = `${operationId}\n${clientKey}${variablesKey}`;
  const { generation } = parts;
  const transports = parts.options.transports();
  const termsFor = (signal: CancelSignal): Terms => ({ key, clientKey, signal, transports, generation, ...mode });
  if (!mode.shares) return runOnce(parts, execution, termsFor(client.signal));
  const flight = parts.runs.join(key, (signal) => runOnce(parts, execution, termsFor(signal)));
  if (flight.isJoined) parts.totals.joinedRuns += 1;
  const outcome = await waitFor(flight, client.signal);
  return flight.isJoined ? { ...outcome, how: 'JOINED' } : outcome;
}

/** Runs when it is its turn. */
async function runOnce(parts: Parts, execution: Execution, terms: Terms): Promise<Outcome> {
  const turn = parts.turns.begin(terms.signal);
  if (turn) await turn;
  try {
    terms.signal.throwIfAborted();
    return await runNow(parts, execution, terms);
  } finally {
    parts.turns.end();
  }
}

async function runNow(parts: Parts, execution: Execution, terms: Terms): Promise<Outcome> {
  const { client, execute, operationId, isRepeatable } = execution;
  const { calls, totals, foresight } = parts;
  const { signal, key, transports } = terms;
  // What was forgotten while it waited is not to be learned again from what it was compiled for.
  const isCurrent = terms.generation === parts.generation;
  const [shares, predicts] = [terms.shares && isCurrent, terms.predicts && isCurrent];
  totals.runs += 1;
  const counts = createCallCounts();
  const clientKey = shares ? terms.clientKey : null;
  const scope = createCallScope({
    transports,
    inFlight: calls,
    clientKey,
    client,
    signal,
    counts,
  });
  const { send } = scope;
  try {
    if (!predicts)
      return {
        answer: await execute(send, [], { isLearned: false }),
        how: 'EXECUTED',
        calls: counts,
      };
    const { answer, isRemembered } = await foresight.run({
      key,
      operationId,
      execute,
      send,
      signal,
      counts,
      isRepeatable,
    });
    if (isRemembered) totals.rememberedRuns += 1;
    return {
      answer,
      how: isRemembered ? 'REMEMBERED' : 'EXECUTED',
      calls: counts,
    };
  } catch (error) {
    // Whatever failed first when nobody waited any more.
    signal.throwIfAborted();
    throw error;
  } finally {
    scope.end();
    addCallCounts(totals, counts);
  }
}

async function runAlone(parts: Parts, { client, execute }: Execution): Promise<RunResult> {
  const counts = createCallCounts();
  const call = callAlone(parts, client, counts);
  const turn = parts.turns.begin(client.signal);
  if (turn) await turn;
  try {
    client.signal.throwIfAborted();
    parts.totals.runs += 1;
    return {
      answer: await execute(call, [], { isLearned: false }),
      how: 'EXECUTED',
      calls: counts,
    };
  } finally {
    parts.turns.end();
    addCallCounts(parts.totals, counts);
  }
}

function callAlone(parts: Parts, client: ClientInfo, counts: CallCounts): SubgraphCall {
  const transports = parts.options.transports();
  return (subgraph, request) => {
    const transport = transports.get(subgraph);
    if (!transport) return Promise.reject(missingTransport(subgraph));
    counts.sent += 1;
    const answer = transport.execute(request, client);
    if (request.operationType !== OperationTypeNode.MUTATION) return answer;
    // Who asks after a change must be told of the change, and not wait for what was asked before it.
    return answer.finally(() => seal(parts));
  };
}

function seal({ runs, calls }: Parts): void {
  runs.seal();
  calls.seal();
}

import { setTimeout as wait } from 'node:timers/promises';
import { findDifference } from './compare-answers.ts';
import type { BenchGateway } from './gateways.ts';
import { ask, printRequest } from './http-request.ts';
import { type LoadResult, startLoad } from './load.ts';
import { differingRequest, equalRequest, expectAnswer, type HeavyRequest } from './operation.ts';
import { cpuMsOf, findFreePort, type Running, residentMbMaxOf, start } from './processes.ts';
import type { Scenario } from './scenarios.ts';
import type { Subgraphs } from './start-subgraphs.ts';
import { NO_PROBE, probeDigits } from './ticks.ts';

const BOOT_MS_MAX = 60_000;
const BOOT_POLL_MS = 50;
const ANSWER_MS_MAX = 30_000;
/** Every so many answers one is compared as a whole; more often where each differs, so that none gets another's. */
const SAMPLE_EVERY = 251;
const SAMPLE_EVERY_DIFFERING = 17;
const SAID_LINES = 4;
const SAID_CHARS_MAX = 600;

export type Bench = {
  readonly subgraphs: Subgraphs;
  readonly supergraphFile: string;
  /** Null when processes cannot be pinned. */
  readonly gatewayCore: number | null;
  readonly warmUpMs: number;
  readonly measureMs: number;
};

/** What one gateway did in one scenario. */
export type Measurement = {
  readonly gateway: string;
  readonly scenario: string;
  /** WRONG: an answer was not the expected one. FAILED: it could not be started or reached. */
  readonly verdict: 'right' | 'WRONG' | 'FAILED';
  readonly reason: string | null;
  readonly figures: Figures | null;
};

/** NaN where the system does not tell. */
export type Figures = {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly cpuMsPerRequest: number;
  /** How much of a core the gateway used, 0 to 1: well below 1 under load, something else was the bottleneck. */
  readonly coreShare: number;
  /** HTTP requests to subgraphs, and GraphQL operations in them, for each client request; warm-up included. */
  readonly callsPerRequest: number;
  readonly operationsPerRequest: number;
  readonly residentMbMax: number;
  /** From the start of the process to its first right answer. */
  readonly bootMs: number;
  readonly answerBytes: number;
  /** The measured time by the system's monotonic clock, in microseconds: the window of a CPU profile. */
  readonly windowUs: readonly [start: number, end: number];
};

/** Starts the gateway, checks it, drives it, checks it again, ends it. Never rejects for what the gateway does. */
export async function measure(bench: Bench, gateway: BenchGateway, scenario: Scenario): Promise<Measurement> {
  const facts = { gateway: gateway.name, scenario: scenario.id };
  const port = await findFreePort();
  const { changes, delayMs } = scenario;
  await bench.subgraphs.order({ changes, delayMs });
  const command = gateway.command({ supergraphFile: bench.supergraphFile, port, scenario });
  const startedMs = performance.now();
  const running = start(command, { core: bench.gatewayCore, ipc: command.command === process.execPath });
  try {
    const target = createTarget(port, gateway.path, scenario);
    const answerBytes = await waitForAnswer(running, target);
    const figures = await drive(bench, running, { ...target, answerBytes, bootMs: performance.now() - startedMs });
    return { ...facts, verdict: 'right', reason: null, figures };
  } catch (error) {
    const verdict = error instanceof WrongAnswerError ? 'WRONG' : 'FAILED';
    return { ...facts, verdict, reason: (error as Error).message, figures: null };
  } finally {
    await running.stop();
  }
}

class WrongAnswerError extends Error {}

type Target = {
  readonly port: number;
  readonly scenario: Scenario;
  readonly request: Buffer;
  readonly expected: unknown;
  readonly probeAt: number;
};

function createTarget(port: number, path: string, scenario: Scenario): Target {
  const body: HeavyRequest = scenario.differs ? differingRequest : equalRequest;
  const request = printRequest(body, { port, path });
  const probeAt = request.indexOf(NO_PROBE);
  return { port, scenario, request, expected: expectAnswer(body), probeAt };
}

/** Asks until there is an answer; its length in bytes. @throws WrongAnswerError when it is not the expected one. */
async function waitForAnswer(running: Running, target: Target): Promise<number> {
  const untilMs = performance.now() + BOOT_MS_MAX;
  let last = 'nothing';
  while (performance.now() < untilMs) {
    if (running.hasEnded()) throw new Error(`it ended: ${lastLines(running.output())}`);
    const answer = await ask(target.port, target.request, ANSWER_MS_MAX).catch((error: Error) => error);
    if (!(answer instanceof Error) && answer.status === 200) {
      assertRight(answer.body, target.expected);
      return Buffer.byteLength(answer.body);
    }
    last = answer instanceof Error ? answer.message : `${answer.status} ${answer.body.slice(0, 200)}`;
    await wait(BOOT_POLL_MS);
  }
  throw new Error(`no answer within ${BOOT_MS_MAX} ms; last: ${last}; ${lastLines(running.output())}`);
}

async function drive(
  bench: Bench,
  running: Running,
  target: Target & { readonly answerBytes: number; readonly bootMs: number },
): Promise<Figures> {
  await bench.subgraphs.order();
  const load = startLoad({
    port: target.port,
    connections: target.scenario.connections,
    nextRequest: createRequests(target),
    isSampled: (count) => count % (target.scenario.differs ? SAMPLE_EVERY_DIFFERING : SAMPLE_EVERY) === 0,
    check: (body, count) =>
      target.probeAt !== -1 && !body.includes(probeDigits(count))
        ? `the answer of another request: ${body.slice(0, 100)}`
        : findDifference(body, target.expected),
    bodyBytes: target.answerBytes,
  });
  try {
    await wait(bench.warmUpMs);
    load.read();
    const before = snapshot(running);
    await wait(bench.measureMs);
    const result = load.read();
    const after = snapshot(running);
    const requests = await load.drain();
    const calls = await bench.subgraphs.order();
    assertNoFailure({ ...load.read(), requests: result.requests }, running);
    const { body } = await ask(target.port, target.request, ANSWER_MS_MAX);
    assertRight(body, target.expected);
    return {
      requestsPerSecond: result.requests / result.seconds,
      p50Ms: result.p50Ms,
      p95Ms: result.p95Ms,
      p99Ms: result.p99Ms,
      cpuMsPerRequest: (after.cpuMs - before.cpuMs) / result.requests,
      coreShare: (after.cpuMs - before.cpuMs) / 1000 / result.seconds,
      callsPerRequest: calls.requests / requests,
      operationsPerRequest: calls.operations / requests,
      residentMbMax: residentMbMaxOf(running.pid),
      bootMs: target.bootMs,
      answerBytes: target.answerBytes,
      windowUs: [before.clockUs, after.clockUs],
    };
  } finally {
    load.stop();
  }
}

/** The bytes of each request; where requests differ, a copy with its own number. */
function createRequests({ request, probeAt }: Target): (count: number) => Buffer {
  if (probeAt === -1) return () => request;
  const digitsAt = probeAt + NO_PROBE.indexOf('0');
  return (count) => {
    const bytes = Buffer.from(request);
    bytes.write(probeDigits(count), digitsAt, 'latin1');
    return bytes;
  };
}

function snapshot(running: Running): { cpuMs: number; clockUs: number } {
  return { cpuMs: cpuMsOf(running.pid), clockUs: Number(process.hrtime.bigint() / 1000n) };
}

function assertRight(body: string, expected: unknown): void {
  const difference = findDifference(body, expected);
  if (difference !== null) throw new WrongAnswerError(difference);
}

function assertNoFailure(result: LoadResult, running: Running): void {
  if (running.hasEnded()) throw new Error(`it ended: ${lastLines(running.output())}`);
  if (result.failures > 0) throw new WrongAnswerError(`${result.failures} failures, the first: ${result.failure}`);
  if (result.requests === 0) throw new Error('no request was answered in the measured time');
}

/** What a process said of its end: from the first line that names an error on, else the last lines. */
function lastLines(output: string): string {
  const lines = output.trim().split('\n');
  const at = lines.findIndex((line) => /error/i.test(line));
  return (at === -1 ? lines.slice(-SAID_LINES) : lines.slice(at, at + SAID_LINES)).join(' | ').slice(0, SAID_CHARS_MAX);
}

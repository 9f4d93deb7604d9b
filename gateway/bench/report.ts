import { APOLLO, OURS } from './gateways.ts';
import type { Figures, Measurement } from './measure.ts';
import type { Scenario } from './scenarios.ts';
import { median } from './statistics.ts';

const RESIDENT_MB_MAX = 300;
const CALLS_MAX = 9;
const CALLS_MAX_UNPREDICTED = 7;
/** How many times Apollo Gateway's requests a second each scenario is to reach. */
const RATIO_AIMS: Readonly<Record<string, number>> = { a: 20, b: 40, c: 27, d: 130 };
const SLOW_RATIO_MAX = 1 / 4;
const SUBGRAPH_TIMES_MAX = 1.5;
/** A loaded gateway that used less than this of its core waited for something else: then the benchmark was the limit. */
const CORE_SHARE_MIN = 0.9;

/** All rounds of one gateway in one scenario, as the medians of their figures. */
export type Line = Measurement & { readonly rounds: number };

/** One aim of the gateway, and what came out. */
export type Aim = {
  readonly aim: string;
  readonly found: string;
  readonly verdict: 'reached' | 'NOT reached' | 'not judged';
};

/** Joins the rounds: a failure in any of them is the line's. Lines come in the order of their first measurement. */
export function joinRounds(measurements: readonly Measurement[]): readonly Line[] {
  const groups = new Map<string, Measurement[]>();
  for (const one of measurements) {
    const key = `${one.scenario}\n${one.gateway}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const bad = group.find(({ verdict }) => verdict !== 'right');
    return [{ ...(bad ?? first), figures: bad ? null : medianFigures(group), rounds: group.length }];
  });
}

function medianFigures(group: readonly Measurement[]): Figures | null {
  const figures = group.flatMap((one) => (one.figures ? [one.figures] : []));
  const [first] = figures;
  if (!first) return null;
  const middle = (pick: (one: Figures) => number) => median(figures.map(pick));
  return {
    requestsPerSecond: middle((one) => one.requestsPerSecond),
    p50Ms: middle((one) => one.p50Ms),
    p95Ms: middle((one) => one.p95Ms),
    p99Ms: middle((one) => one.p99Ms),
    cpuMsPerRequest: middle((one) => one.cpuMsPerRequest),
    coreShare: middle((one) => one.coreShare),
    callsPerRequest: middle((one) => one.callsPerRequest),
    operationsPerRequest: middle((one) => one.operationsPerRequest),
    residentMbMax: Math.max(...figures.map((one) => one.residentMbMax)),
    bootMs: middle((one) => one.bootMs),
    answerBytes: first.answerBytes,
    windowUs: first.windowUs,
  };
}

const HEADINGS = [
  '',
  'requests/s',
  'x Apollo',
  'by CPU',
  'p50 ms',
  'p95 ms',
  'p99 ms',
  'CPU ms',
  'calls',
  'core %',
  'RSS MB',
  'boot ms',
];

/** The lines as text: a section for each scenario, a row for each gateway. */
export function printTable(lines: readonly Line[], scenarios: readonly Scenario[]): string {
  const sections = scenarios.flatMap((scenario) => {
    const own = lines.filter((line) => line.scenario === scenario.id);
    if (own.length === 0) return [];
    const rows = [HEADINGS, ...own.map((line) => cellsOf(line, findFigures(lines, APOLLO, baseOf(scenario))))];
    return [`(${scenario.id}) ${scenario.title}`, ...alignColumns(rows), ...own.flatMap(remarksOf(scenario)), ''];
  });
  return sections.join('\n');
}

/** The aims, judged by the lines; `subgraphMs` is what one subgraph call took by itself in (e). */
export function judgeAims(lines: readonly Line[], subgraphMs: number | null): readonly Aim[] {
  const ours = (id: string) => findFigures(lines, OURS, id);
  const apollo = (id: string) => findFigures(lines, APOLLO, id);
  const slow = ours('e');
  const judge = (aim: string, value: number | null, [isReached, print]: [boolean, (value: number) => string]): Aim =>
    value === null || Number.isNaN(value)
      ? { aim, found: '-', verdict: 'not judged' }
      : { aim, found: print(value), verdict: isReached ? 'reached' : 'NOT reached' };
  const atLeast = (aim: string, value: number | null, min: number, unit: string) =>
    judge(aim, value, [(value ?? 0) >= min, (found) => `${round(found)}${unit}`]);
  const atMost = (aim: string, value: number | null, max: number, unit: string) =>
    judge(aim, value, [(value ?? 0) <= max, (found) => `${round(found)}${unit}`]);
  const resident = lines.flatMap((line) => (line.gateway === OURS && line.figures ? [line.figures.residentMbMax] : []));
  return [
    ...Object.entries(RATIO_AIMS).map(([id, min]) =>
      atLeast(`(${id}) at least ${min} x Apollo Gateway`, ratio(ours(id), apollo(id)), min, ' x'),
    ),
    atMost('(e) p50 at most 1/4 of Apollo Gateway', share(slow, apollo('e')?.p50Ms ?? null), SLOW_RATIO_MAX, ' of it'),
    atMost(`(e) p50 at most ${SUBGRAPH_TIMES_MAX} x one subgraph`, share(slow, subgraphMs), SUBGRAPH_TIMES_MAX, ' x'),
    atMost(`(a) at most ${CALLS_MAX} calls a request`, ours('a')?.operationsPerRequest ?? null, CALLS_MAX + 0.05, ''),
    atMost(
      `(a) without prediction at most ${CALLS_MAX_UNPREDICTED} calls`,
      ours('a-')?.operationsPerRequest ?? null,
      CALLS_MAX_UNPREDICTED + 0.05,
      '',
    ),
    atMost(
      `RSS under ${RESIDENT_MB_MAX} MB`,
      resident.length === 0 ? null : Math.max(...resident),
      RESIDENT_MB_MAX,
      ' MB',
    ),
  ];
}

/** The aims as text. */
export function printAims(aims: readonly Aim[]): string {
  return ['Aims', ...alignColumns(aims.map(({ aim, found, verdict }) => [aim, found, verdict])), ''].join('\n');
}

function cellsOf({ gateway, verdict, figures }: Line, apollo: Figures | null): readonly string[] {
  if (!figures) return [gateway, verdict];
  const { callsPerRequest: calls, operationsPerRequest: operations } = figures;
  return [
    gateway,
    round(figures.requestsPerSecond),
    round(ratio(figures, apollo)),
    round(apollo && apollo.cpuMsPerRequest / figures.cpuMsPerRequest),
    round(figures.p50Ms),
    round(figures.p95Ms),
    round(figures.p99Ms),
    round(figures.cpuMsPerRequest),
    Math.abs(calls - operations) < 0.05 ? round(calls) : `${round(calls)} (${round(operations)})`,
    round(figures.coreShare * 100),
    round(figures.residentMbMax),
    round(figures.bootMs),
  ];
}

function remarksOf({ connections }: Scenario): (line: Line) => readonly string[] {
  return ({ gateway, verdict, reason, figures }) => {
    if (verdict !== 'right') return [`  ${gateway}: ${reason}`];
    const wasIdle = figures !== null && connections > 1 && figures.coreShare < CORE_SHARE_MIN;
    return wasIdle ? [`  ${gateway}: did not use its whole core; the benchmark itself may be the limit`] : [];
  };
}

/** A variant of ours stands against Apollo Gateway in the scenario that it varies. */
function baseOf({ id }: Scenario): string {
  return id.slice(0, 1);
}

function findFigures(lines: readonly Line[], gateway: string, scenario: string): Figures | null {
  return lines.find((line) => line.gateway === gateway && line.scenario === scenario)?.figures ?? null;
}

function ratio(one: Figures | null, apollo: Figures | null): number | null {
  return one && apollo ? one.requestsPerSecond / apollo.requestsPerSecond : null;
}

function share(one: Figures | null, otherMs: number | null): number | null {
  return one && otherMs !== null ? one.p50Ms / otherMs : null;
}

function round(value: number | null): string {
  if (value === null || Number.isNaN(value)) return '-';
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function alignColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart((widths[i] ?? 0) + 2))).join('')}`.trimEnd(),
  );
}

import { test } from 'k6/execution';

/** How many players there are at once. */
const VUS = { fallback: 5, min: 1, max: 100 };
/** How many iterations all players do together: a run ends after them or after DURATION, whichever is first. */
const ITERATIONS = { fallback: 10_000, min: 1, max: 100_000 };
/** How long new iterations begin. */
const DURATION_SECONDS = { fallback: 20, min: 1, max: 300 };
/** How long an iteration that has begun may take to end after that. */
const GRACE_SECONDS = 30;
const SETUP_SECONDS_MAX = 60;

const URL_FALLBACK = 'http://127.0.0.1:4000';
/** No path, no user: what is behind the host is ours to add. */
const URL_PATTERN = /^https?:\/\/(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i;
const LOOPBACK_PATTERN = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;
const DURATION_PATTERN = /^(\d+)(s|m)$/;

/** What a scenario is told by its environment. */
export type Settings = {
  /** The store's address, without `/graphql`. */
  readonly url: string;
  readonly vus: number;
  readonly iterations: number;
  readonly durationSeconds: number;
};

type Bounds = { readonly fallback: number; readonly min: number; readonly max: number };

/**
 * Reads `URL`, `ALLOW_HOST`, `VUS`, `ITERATIONS` and `DURATION`. A host that is not loopback has to be named a second
 * time, in `ALLOW_HOST`: nobody loads a store on the network by a slip. @throws Error with every bad variable.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const problems: string[] = [];
  const settings = {
    url: readUrl(env, problems),
    vus: readInteger({ name: 'VUS', text: env.VUS, bounds: VUS }, problems),
    iterations: readInteger({ name: 'ITERATIONS', text: env.ITERATIONS, bounds: ITERATIONS }, problems),
    durationSeconds: readDuration(env.DURATION, problems),
  };
  if (problems.length > 0) throw new Error(`Bad settings: ${problems.join('; ')}.`);
  return settings;
}

/** k6's options for one scenario. A run passes when every check held; times are measured, not judged. */
export function createOptions(name: string, settings: Settings) {
  const { vus, iterations, durationSeconds } = settings;
  return {
    scenarios: {
      [name]: {
        executor: 'shared-iterations',
        vus: Math.min(vus, iterations),
        iterations,
        maxDuration: `${durationSeconds}s`,
        gracefulStop: `${GRACE_SECONDS}s`,
      },
    },
    thresholds: { checks: ['rate==1'] },
    setupTimeout: `${SETUP_SECONDS_MAX}s`,
    // The load stays at the host that was asked for.
    maxRedirects: 0,
    summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max'],
  };
}

/**
 * Call it first in `setup`. k6's own `--vus`, `--duration`, `--iterations`, `--stage` and their `K6_` variables replace
 * a script's scenarios, and our bounds with them. @throws Error when they did.
 */
export function refuseOverrides(name: string): void {
  const scenarios = test.options.scenarios ?? {};
  if (Object.keys(scenarios).join() === name) return;
  throw new Error(`Set VUS, ITERATIONS and DURATION by -e: k6's own flags and K6_ variables go around their bounds.`);
}

function readUrl(env: Readonly<Record<string, string | undefined>>, problems: string[]): string {
  const url = (env.URL ?? URL_FALLBACK).replace(/\/$/, '');
  const host = URL_PATTERN.exec(url)?.[1];
  if (host === undefined) problems.push(`URL is http(s)://host[:port], not "${url}"`);
  else if (!LOOPBACK_PATTERN.test(host) && host !== env.ALLOW_HOST) {
    problems.push(`URL is not on this machine: if you mean ${host} and may load it, set ALLOW_HOST=${host}`);
  }
  return url;
}

function readDuration(text: string | undefined, problems: string[]): number {
  if (text === undefined) return DURATION_SECONDS.fallback;
  const [, count, unit] = DURATION_PATTERN.exec(text) ?? [];
  const seconds = Number(count) * (unit === 'm' ? 60 : 1);
  const { min, max } = DURATION_SECONDS;
  if (!(seconds >= min && seconds <= max)) problems.push(`DURATION is ${min}s to ${max}s, not "${text}"`);
  return seconds;
}

function readInteger(
  { name, text, bounds }: { name: string; text: string | undefined; bounds: Bounds },
  problems: string[],
): number {
  if (text === undefined) return bounds.fallback;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= bounds.min && value <= bounds.max)) {
    problems.push(`${name} is ${bounds.min} to ${bounds.max}, not "${text}"`);
  }
  return value;
}

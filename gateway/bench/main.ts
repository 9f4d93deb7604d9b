/** The gateway's benchmark: docs/gateway/benchmark.md says what it measures and how. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileGateway, ownTree } from './compile-gateway.ts';
import { apolloGateway, type BenchGateway, hiveGateway, OURS, ourGateway } from './gateways.ts';
import { installHiveGateway } from './hive-gateway.ts';
import { type Bench, type Measurement, measure } from './measure.ts';
import { measureSubgraph } from './measure-subgraph.ts';
import { type BenchOptions, parseOptions, USAGE } from './options.ts';
import { allowedCores, canPin, pinSelf, stopAll } from './processes.ts';
import { type CpuProfile, printProfile, summarizeProfile } from './profile.ts';
import { joinRounds, judgeAims, printAims, printTable } from './report.ts';
import { composeSupergraph } from './services.ts';
import { startSubgraphs } from './start-subgraphs.ts';

const PROFILE_ROWS_MAX = 40;
/** The exit code of a process that was interrupted. */
const INTERRUPTED = 130;
/** A load average above this before the run starts means that others are at work. */
const LOAD_AVERAGE_MAX = 0.5;

const benchFolder = fileURLToPath(new URL('../../.data/bench/', import.meta.url));
mkdirSync(benchFolder, { recursive: true });
/** Inside the repository, so that what is compiled there finds its dependencies. */
const runFolder = mkdtempSync(join(benchFolder, 'run-'));

let isFinishing = false;
// Both a terminal and a parent process pass Ctrl+C on: the second one must not cut the first one's cleaning up short.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void finish(INTERRUPTED));
// A reader such as `head` that has gone ends the run as well, instead of leaving its processes behind.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => void finish(INTERRUPTED));
await run(process.argv.slice(2)).then(
  () => finish(0),
  (error: unknown) => {
    if (!isFinishing) console.error(error instanceof TypeError ? error.message : error);
    return finish(1);
  },
);

/** Ends every process and the run; only the first call counts. */
async function finish(code: number): Promise<void> {
  if (isFinishing) return;
  isFinishing = true;
  await stopAll();
  rmSync(runFolder, { recursive: true, force: true });
  process.exit(code);
}

async function run(args: readonly string[]): Promise<void> {
  const options = parseOptions(args);
  if (options === 'help') return console.log(USAGE);
  const machine = describeMachine();
  const bench = await prepare(options);
  const gateways = await listGateways(options);
  const isSlowMeasured = options.scenarios.some(({ delayMs }) => delayMs > 0);
  const subgraphMs = isSlowMeasured ? await measureSubgraph(bench.subgraphs, options.scenarios) : null;
  const measurements: Measurement[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    for (const scenario of options.scenarios) {
      for (const gateway of gateways.filter(({ name }) => name === OURS || !scenario.oursOnly)) {
        const measured = await measure(bench, gateway, scenario);
        measurements.push(measured);
        console.error(`round ${round} (${scenario.id}) ${gateway.name}: ${inShort(measured)}`);
        if (options.isProfiled) printProfileOf(measured);
      }
    }
  }
  report(measurements, options, { machine, subgraphMs });
}

/** Pins this process (which makes the load), starts the services, composes them. */
async function prepare(options: BenchOptions): Promise<Bench> {
  const isPinned = canPin();
  const [gatewayCore = null, loadCore = null, subgraphCore = loadCore] = isPinned ? allowedCores() : [];
  if (loadCore !== null) pinSelf(loadCore);
  else console.error('Processes cannot be pinned to cores here: everything shares what there is.');
  const subgraphs = await startSubgraphs(subgraphCore);
  const supergraphFile = join(runFolder, 'supergraph.graphql');
  writeFileSync(
    supergraphFile,
    composeSupergraph((name) => `http://127.0.0.1:${subgraphs.port}/${name}`),
  );
  return { subgraphs, supergraphFile, gatewayCore, warmUpMs: options.warmUpMs, measureMs: options.measureMs };
}

async function listGateways(options: BenchOptions): Promise<readonly BenchGateway[]> {
  const profiling = options.isProfiled ? ['--cpu-prof', `--cpu-prof-dir=${profileFolder()}`] : [];
  const ours = () =>
    ourGateway(compileGateway(options.tree ?? ownTree, runFolder), [...options.nodeFlags, ...profiling]);
  const named: BenchGateway[] = [];
  if (options.contestants.includes('ours')) named.push(ours());
  if (options.contestants.includes('apollo')) named.push(apolloGateway);
  if (options.contestants.includes('hive')) {
    const failure = await installHiveGateway();
    if (failure === null) named.push(hiveGateway);
    else console.error(`Hive Gateway cannot be installed and is left out: ${failure}`);
  }
  return [...named, ...options.others];
}

type Facts = { readonly machine: string; readonly subgraphMs: number | null };

function report(measurements: readonly Measurement[], options: BenchOptions, { machine, subgraphMs }: Facts): void {
  const lines = joinRounds(measurements);
  const aims = judgeAims(lines, subgraphMs);
  console.log(`\n${machine}\n\n${printTable(lines, options.scenarios)}`);
  if (subgraphMs !== null) console.log(`One slow subgraph call by itself: p50 ${subgraphMs.toFixed(2)} ms\n`);
  if (!options.isProfiled) console.log(printAims(aims));
  if (options.jsonFile !== null) {
    writeFileSync(options.jsonFile, `${JSON.stringify({ machine, subgraphMs, aims, lines, measurements }, null, 2)}\n`);
  }
}

function describeMachine(): string {
  const [busy = 0] = loadavg();
  if (busy > LOAD_AVERAGE_MAX)
    console.error(`Others are at work here (load ${busy.toFixed(1)}): take figures as noise.`);
  return `${cpus()[0]?.model ?? 'an unknown processor'}, ${cpus().length} cores, Node ${process.versions.node}`;
}

function inShort({ verdict, reason, figures }: Measurement): string {
  return figures
    ? `${figures.requestsPerSecond.toFixed(0)} requests/s, p50 ${figures.p50Ms.toFixed(1)} ms`
    : `${verdict}: ${reason}`;
}

function profileFolder(): string {
  return join(runFolder, 'profiles');
}

/** Prints the one profile that the gateway left when it ended, then forgets it. */
function printProfileOf({ figures }: Measurement): void {
  for (const name of readdirSync(profileFolder())) {
    const file = join(profileFolder(), name);
    const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
    if (figures) console.log(`\n${printProfile(summarizeProfile(profile, figures.windowUs), PROFILE_ROWS_MAX)}`);
    rmSync(file);
  }
}

import { parseArgs } from 'node:util';
import { type BenchGateway, parseGateway } from './gateways.ts';
import { type Scenario, scenarios } from './scenarios.ts';

const SECONDS = 10;
const WARM_UP_SECONDS = 5;
const SECONDS_MAX = 600;
const ROUNDS_MAX = 20;
const QUICK = { seconds: 1, warmUp: 1 };
const CONTESTANTS = ['ours', 'apollo', 'hive'] as const;

type Contestant = (typeof CONTESTANTS)[number];

export type BenchOptions = {
  readonly measureMs: number;
  readonly warmUpMs: number;
  readonly rounds: number;
  readonly scenarios: readonly Scenario[];
  readonly contestants: readonly Contestant[];
  readonly others: readonly BenchGateway[];
  readonly jsonFile: string | null;
  readonly isProfiled: boolean;
  /** Another checkout whose gateway is measured in place of this one's; null for this one. */
  readonly tree: string | null;
  /** For our gateway's Node, to try them out. */
  readonly nodeFlags: readonly string[];
};

export const USAGE = `npm run bench:gateway -- [options]
  --seconds N         measured seconds of each line (${SECONDS})
  --warm-up N         seconds before them (${WARM_UP_SECONDS})
  --rounds N          how often all is measured, interleaved; the medians count (1)
  --scenarios a,b     some of: ${scenarios.map(({ id }) => id).join(' ')}
  --gateways ours,..  some of: ${CONTESTANTS.join(' ')}
  --gateway "name=command with {supergraph} {port}"   one more, as often as wanted; {sharing} is on or off
  --json FILE         writes all figures
  --profile           only our gateway, under Node's CPU profiler: where the time goes (scenario a unless said)
  --tree FOLDER       our gateway from the sources of another checkout, to compare
  --node-flag FLAG    for our gateway's Node, as often as wanted, such as --max-semi-space-size=32
  --quick             a smoke run: a second each`;

/** Reads the command line. @throws TypeError in words for whoever typed it. */
export function parseOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string' },
      'warm-up': { type: 'string' },
      rounds: { type: 'string' },
      scenarios: { type: 'string' },
      gateways: { type: 'string' },
      gateway: { type: 'string', multiple: true },
      json: { type: 'string' },
      profile: { type: 'boolean' },
      tree: { type: 'string' },
      'node-flag': { type: 'string', multiple: true },
      quick: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return 'help';
  const isProfiled = values.profile ?? false;
  const preset = values.quick ? QUICK : { seconds: SECONDS, warmUp: WARM_UP_SECONDS };
  return {
    measureMs: 1000 * readNumber('seconds', values.seconds ?? String(preset.seconds), SECONDS_MAX),
    warmUpMs: 1000 * readNumber('warm-up', values['warm-up'] ?? String(preset.warmUp), SECONDS_MAX),
    rounds: Math.ceil(readNumber('rounds', values.rounds ?? '1', ROUNDS_MAX)),
    scenarios: readScenarios(values.scenarios ?? (isProfiled ? 'a' : null)),
    contestants: isProfiled ? ['ours'] : readContestants(values.gateways),
    others: isProfiled ? [] : (values.gateway ?? []).map(parseGateway),
    jsonFile: values.json ?? null,
    isProfiled,
    tree: values.tree ?? null,
    nodeFlags: values['node-flag'] ?? [],
  };
}

function readNumber(name: string, text: string, max: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && value <= max)) throw new TypeError(`--${name} is a number up to ${max}`);
  return value;
}

function readScenarios(list: string | null): readonly Scenario[] {
  if (list === null) return scenarios;
  return list.split(',').map((id) => {
    const found = scenarios.find((scenario) => scenario.id === id.trim());
    if (!found) throw new TypeError(`there is no scenario "${id}": ${scenarios.map((one) => one.id).join(' ')}`);
    return found;
  });
}

function readContestants(list: string | undefined): readonly Contestant[] {
  if (list === undefined) return CONTESTANTS;
  return list.split(',').map((name) => {
    const found = CONTESTANTS.find((contestant) => contestant === name.trim());
    if (!found) throw new TypeError(`there is no gateway "${name}": ${CONTESTANTS.join(' ')}`);
    return found;
  });
}

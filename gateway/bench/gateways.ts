import { fileURLToPath } from 'node:url';
import { hiveGatewayCommand } from './hive-gateway.ts';
import type { Command } from './processes.ts';
import type { Scenario } from './scenarios.ts';

/** What a gateway is started with. */
type GatewayStart = { readonly supergraphFile: string; readonly port: number; readonly scenario: Scenario };

/** A contestant. */
export type BenchGateway = {
  readonly name: string;
  readonly path: string;
  readonly command: (start: GatewayStart) => Command;
};

export const OURS = 'Playgraph';
export const APOLLO = 'Apollo Gateway';

const apolloFile = fileURLToPath(new URL('./apollo-gateway.mjs', import.meta.url));
const environment = { NODE_ENV: 'production', APOLLO_TELEMETRY_DISABLED: '1' };
const onOff = (isOn: boolean) => (isOn ? 'on' : 'off');

/** Our gateway, by its compiled command; `nodeFlags` go to Node, for profiles. */
export function ourGateway(binFile: string, nodeFlags: readonly string[]): BenchGateway {
  return {
    name: OURS,
    path: '/graphql',
    command: ({ supergraphFile, port, scenario }) => ({
      command: process.execPath,
      args: [...nodeFlags, binFile, '--supergraph', supergraphFile, '--port', String(port)],
      env: {
        ...environment,
        SUPERGRAPH: supergraphFile,
        HOST: '127.0.0.1',
        PORT: String(port),
        GATEWAY_SHARING: onOff(scenario.shares),
        GATEWAY_PREDICTION: onOff(scenario.predicts),
        GATEWAY_SUBGRAPHS_ALL_BATCHING: onOff(scenario.batches),
      },
    }),
  };
}

/** Apollo Gateway as its makers show it: no plugins, no options. It cannot share anything between requests. */
export const apolloGateway: BenchGateway = {
  name: APOLLO,
  path: '/',
  command: ({ supergraphFile, port }) => ({
    command: process.execPath,
    args: [apolloFile, supergraphFile, String(port)],
    env: environment,
  }),
};

/** Hive Gateway with its Rust planner; `installHiveGateway` comes first. */
export const hiveGateway: BenchGateway = {
  name: 'Hive Gateway',
  path: '/graphql',
  command: ({ supergraphFile, port, scenario }) => ({
    ...hiveGatewayCommand(supergraphFile, port, scenario.shares),
    env: environment,
  }),
};

/**
 * Any other gateway, as `name=command`: words are split at blanks, and {supergraph}, {port} and {sharing} (on or off) are
 * filled in. It must answer at `/graphql`. @throws TypeError when there is no name or no command.
 */
export function parseGateway(text: string): BenchGateway {
  const at = text.indexOf('=');
  const name = text.slice(0, Math.max(at, 0)).trim();
  const words = text
    .slice(at + 1)
    .trim()
    .split(/\s+/);
  if (name === '' || !words[0]) throw new TypeError(`--gateway takes "name=command with {supergraph} {port}": ${text}`);
  return {
    name,
    path: '/graphql',
    command: ({ supergraphFile, port, scenario }) => {
      const [command = '', ...args] = words.map((word) =>
        word
          .replaceAll('{supergraph}', supergraphFile)
          .replaceAll('{port}', String(port))
          .replaceAll('{sharing}', onOff(scenario.shares)),
      );
      return { command, args, env: { PORT: String(port), GATEWAY_SHARING: onOff(scenario.shares) } };
    },
  };
}

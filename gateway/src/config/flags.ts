import { parseArgs } from 'node:util';
import { findNearMiss } from './near-miss.ts';
import type { TextSetting } from './read-sources.ts';

/** What the command line says. */
export type Flags = {
  readonly settings: readonly TextSetting[];
  readonly configFile: string | null;
  /** Something to print instead of serving. */
  readonly show: 'help' | 'version' | 'settings' | null;
};

/** The command line cannot be understood; the message is a sentence for people. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const OPTIONS = {
  supergraph: { type: 'string', short: 's' },
  port: { type: 'string', short: 'p' },
  host: { type: 'string' },
  config: { type: 'string', short: 'c' },
  subgraph: { type: 'string', multiple: true },
  dev: { type: 'boolean' },
  introspection: { type: 'string' },
  cors: { type: 'string' },
  'forward-header': { type: 'string', multiple: true },
  manifest: { type: 'string' },
  operations: { type: 'string' },
  'log-level': { type: 'string' },
  set: { type: 'string', multiple: true },
  settings: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

/** Flags that set one setting with their text. */
const SETTING_OF = {
  supergraph: 'supergraph.source',
  port: 'port',
  host: 'host',
  introspection: 'introspection',
  cors: 'cors.origins',
  manifest: 'persistedOperations.manifest',
  operations: 'operationsDir',
  'log-level': 'telemetry.logLevel',
} as const;

export const HELP = `Serves a federated GraphQL graph at /graphql, over HTTP and WebSocket.

Usage: playgraph-gateway --supergraph FILE|URL [--port N] [more]

  -s, --supergraph FILE|URL    the supergraph; a file is watched, an address is polled
  -p, --port N                 where to listen (4000; 0 takes a free port)
      --host HOST              where to listen (127.0.0.1; 0.0.0.0 for every interface)
  -c, --config FILE            settings as YAML or JSON
      --subgraph NAME=URL      a subgraph's address instead of the supergraph's own; repeatable
      --forward-header NAME    a client header that goes on to subgraphs; repeatable
      --introspection WHO      allow, deny or signed-in
      --cors ORIGINS           browser origins that may call, joined by commas, or *
      --manifest FILE          known operations (apollo-persisted-query-manifest)
      --operations FOLDER      ready-made operations for the explorer
      --dev                    development: sandbox, explorer, any browser origin, errors of subgraphs in full,
                               and in extensions.plan what an operation asked of them
      --log-level LEVEL        debug, info, warn, error or silent
      --set PATH=VALUE         any other setting, such as limits.depth=20; repeatable
      --settings               print every setting with its default and variable
  -h, --help                   print this
  -v, --version                print the version

Flags come before environment variables, and these before the configuration file.
`;

/** Reads the command line (without program and script). @throws UsageError */
export function parseFlags(args: readonly string[]): Flags {
  const values = readArgs(args);
  const single = Object.entries(SETTING_OF).flatMap(([flag, path]) => {
    const text = values[flag as keyof typeof SETTING_OF];
    return text === undefined ? [] : [{ writtenAs: `--${flag}`, path: path.split('.'), text }];
  });
  const forwarded = values['forward-header']?.join(',');
  return {
    settings: [
      ...single,
      ...(values.subgraph ?? []).map(readSubgraph),
      ...(forwarded ? [{ writtenAs: '--forward-header', path: ['headers', 'forward'], text: forwarded }] : []),
      ...(values.dev ? [{ writtenAs: '--dev', path: ['mode'], text: 'development' }] : []),
      ...(values.set ?? []).map(readSetting),
    ],
    configFile: values.config ?? null,
    show: values.help ? 'help' : values.version ? 'version' : values.settings ? 'settings' : null,
  };
}

function readArgs(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    const [, name = ''] = /'([^']*)'/.exec(message) ?? [];
    const [sentence = ''] = message.split(/\. |\n/);
    throw new UsageError(`${problemOf({ sentence, code, name })} See --help.`);
  }
}

type Unusable = { readonly sentence: string; readonly code: string | undefined; readonly name: string };

function problemOf({ sentence, code, name }: Unusable): string {
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `Unknown option '${name}'${meant(name)}`;
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL')
    return `Unexpected argument '${name}': a supergraph is named by --supergraph.`;
  return `${sentence.replace(/\.$/, '')}.`;
}

function meant(flag: string): string {
  const near = findNearMiss(flag.replace(/^-+/, ''), Object.keys(OPTIONS));
  return near === null ? '.' : `; did you mean --${near}?`;
}

function readSubgraph(text: string): TextSetting {
  const [name, url] = splitAt(text, '--subgraph NAME=URL');
  return { writtenAs: `--subgraph ${name}`, path: ['subgraphs', name, 'url'], text: url };
}

function readSetting(text: string): TextSetting {
  const [path, value] = splitAt(text, '--set PATH=VALUE');
  return { writtenAs: `--set ${path}`, path: path.split('.'), text: value };
}

function splitAt(text: string, form: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`'${text}' does not have the form ${form}. See --help.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

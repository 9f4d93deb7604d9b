import { credentialsIn } from './address-credentials.ts';
import type { Env } from './read-sources.ts';
import type { Settings } from './schema.ts';
import { HEADER_VALUE, SUBGRAPH_DEFAULTS, type SubgraphTuning } from './subgraph-schema.ts';
import { subgraphInVariable } from './variable-names.ts';

/** How the gateway talks to one subgraph: its own settings, those for all, or the defaults. */
export type SubgraphSettings = SubgraphTuning & {
  readonly name: string;
  readonly url: string;
  readonly headers: {
    /** Client headers that go along, in lower case. */
    readonly forward: readonly string[];
    /** Headers of the gateway's own, in lower case. */
    readonly set: Readonly<Record<string, string>>;
  };
  readonly subscription: {
    /** Where it serves graphql-ws; null when at `url`. */
    readonly url: string | null;
    readonly callersBy: 'signature' | 'headers';
    /** Where the payload of `connection_init` has which header; null: each under its own name. */
    readonly connectionParams: Readonly<Record<string, string>> | null;
    readonly resume: readonly { readonly field: string; readonly argument: string; readonly from: string }[];
  };
};

type Own = Settings['subgraphs'][string];
type Reading = { readonly env: Env; readonly problems: string[] };
type OwnHeaders = Settings['supergraph']['headers'];

/**
 * The settings of every subgraph, whichever the supergraph names. `urls` come before the addresses in `settings`; its
 * keys are names as they stand in variables. What is wrong is added to `problems`.
 */
export function subgraphSettingsOf(
  { headers, subgraphs }: Pick<Settings, 'headers' | 'subgraphs'>,
  urls: ReadonlyMap<string, string>,
  reading: Reading,
) {
  const { all, ...rest } = subgraphs;
  const named: ReadonlyMap<string, Own> = new Map(Object.entries(rest));
  const allSet = resolveHeaders(all.headers, 'subgraphs.all.headers', reading);
  const ownSets = new Map(
    [...named].map(([name, own]) => [name, resolveHeaders(own.headers, `subgraphs.${name}.headers`, reading)]),
  );
  const forwardToAll = [...headers.forward, ...all.headers.forward];
  const subgraph = ({ name, url }: { readonly name: string; readonly url: string }): SubgraphSettings => {
    const own = named.get(name);
    const address = urls.get(subgraphInVariable(name)) ?? own?.url ?? url;
    return {
      ...SUBGRAPH_DEFAULTS,
      ...tuningOf(all),
      ...(own && tuningOf(own)),
      name,
      url: address,
      headers: {
        forward: lowerCase([...forwardToAll, ...(own?.headers.forward ?? [])]),
        set: { ...(URL.canParse(address) && credentialsIn(new URL(address))), ...allSet, ...ownSets.get(name) },
      },
      subscription: toSubscription(own?.subscription),
    };
  };
  const forwardedHeaders = lowerCase([...forwardToAll, ...[...named.values()].flatMap((own) => own.headers.forward)]);
  return { subgraph, forwardedHeaders };
}

function toSubscription(own: Own['subscription'] | undefined): SubgraphSettings['subscription'] {
  return {
    url: own?.url ?? null,
    callersBy: own?.callersBy ?? 'signature',
    connectionParams: own?.connectionParams ?? null,
    resume: own?.resume ?? [],
  };
}

/** Fixed headers and those from the environment, in lower case. A variable that is not set is a problem. */
export function resolveHeaders({ set, fromEnv }: OwnHeaders, at: string, { env, problems }: Reading) {
  const headers = new Map(Object.entries(set).map(([name, value]) => [name.toLowerCase(), value]));
  for (const [name, variable] of Object.entries(fromEnv)) {
    const value = env[variable];
    if (value && HEADER_VALUE.test(value)) headers.set(name.toLowerCase(), value);
    else if (value) problems.push(`${at}.fromEnv.${name}: the value of ${variable} cannot stand in a header`);
    else problems.push(`${at}.fromEnv.${name}: the variable ${variable} is not set`);
  }
  return Object.fromEntries(headers) as Readonly<Record<string, string>>;
}

/** The settings of one source that are plain values; those that it leaves out are left out. */
function tuningOf(source: Settings['subgraphs']['all']): Partial<SubgraphTuning> {
  const keys = Object.keys(SUBGRAPH_DEFAULTS) as (keyof SubgraphTuning)[];
  return Object.fromEntries(keys.flatMap((key) => (source[key] === undefined ? [] : [[key, source[key]]])));
}

function lowerCase(names: readonly string[]): readonly string[] {
  return [...new Set(names.map((name) => name.toLowerCase()))];
}

import { ConfigError } from '@playgraph/kernel/config';
import type { LogLevel } from '@playgraph/kernel/logger';
import { createNameOf, describeIssues, type NameOf } from './config/describe-issues.ts';
import { listMentioned, type MentionedSubgraph } from './config/mentioned-subgraphs.ts';
import {
  type Env,
  readConfigFile,
  readSubgraphUrls,
  readTexts,
  readVariables,
  type TextSetting,
  type UnknownVariable,
} from './config/read-sources.ts';
import { type Settings, settingsSchema } from './config/schema.ts';
import { overlay, type SettingsTree } from './config/settings-tree.ts';
import { httpUrl } from './config/subgraph-schema.ts';
import { resolveHeaders, type SubgraphSettings, subgraphSettingsOf } from './config/subgraph-settings.ts';
import { readSource } from './config/supergraph-source.ts';
import { CONFIG_VARIABLE, SUBGRAPH_URL_PREFIX, subgraphInVariable } from './config/variable-names.ts';
import type { OperationLimits } from './protection/limits.ts';
import type { ProtectionOptions } from './protection/protect-operation.ts';
import { readTracingSettings, type TracingSettings } from './telemetry/tracing-settings.ts';
import { defaultLimits, type WebSocketLimits } from './websocket/limits.ts';

/** How the gateway runs; what each setting means stands at its key in `config/schema.ts`. */
export type GatewayConfig = Pick<
  Settings,
  | 'host'
  | 'port'
  | 'sharing'
  | 'prediction'
  | 'defer'
  | 'drainNoticeMs'
  | 'drainMs'
  | 'subgraphErrors'
  | 'batching'
  | 'http'
  | 'identity'
  | 'cache'
  | 'subscriptions'
  | 'persistedOperations'
> & {
  readonly isDevelopment: boolean;
  readonly supergraph: {
    readonly from: { readonly file: string } | { readonly url: string };
    readonly pollMs: number;
    readonly headers: Readonly<Record<string, string>>;
  };
  /** Browser origins that may call: any in development, none in production unless said otherwise. */
  readonly corsOrigins: '*' | readonly string[];
  /** What an operation may be, as `protection/` takes it. */
  readonly protection: Omit<ProtectionOptions, 'evaluatePolicies'>;
  readonly limits: Pick<Settings['limits'], 'tokens' | 'bodyBytes'>;
  /** How events reach clients. */
  readonly subscriptions: Pick<Settings['subscriptions'], 'queueMax' | 'queueBytesMax' | 'slowReader' | 'streamsMax'>;
  readonly webSocketLimits: WebSocketLimits;
  readonly telemetry: Omit<Settings['telemetry'], 'logLevel' | 'tracing'> & {
    readonly logLevel: LogLevel;
    /** Null where nothing is traced. */
    readonly tracing: TracingSettings | null;
  };
  readonly operationsDir: string | null;
  /** Client headers that go on to some subgraph: what the doors must read. Lower case. */
  readonly forwardedHeaders: readonly string[];
  /** What holds for a subgraph of the supergraph, by its name and the address that stands there. */
  subgraph(named: { readonly name: string; readonly url: string }): SubgraphSettings;
  /** Variables that look like the gateway's and are none: a typing error, most likely. */
  readonly unknownVariables: readonly UnknownVariable[];
  /** The subgraphs that settings speak of; whether the supergraph has them shows when it is loaded. */
  readonly mentionedSubgraphs: readonly MentionedSubgraph[];
  /** Under which name a setting was written; its path when nobody wrote it. */
  readonly nameOf: NameOf;
};

export type ConfigSources = {
  readonly env: Env;
  /** What the command line sets; it comes first. */
  readonly flags?: readonly TextSetting[];
  readonly configFile?: string | null;
};

/**
 * Reads flags, environment and configuration file; a setting of an earlier one stands.
 * @throws ConfigError with every problem, each by the name under which it was written.
 */
export function loadConfig({ env, flags = [], configFile = null }: ConfigSources): GatewayConfig {
  const file = configFile ?? (env[CONFIG_VARIABLE] || null);
  const { texts, unknown } = readVariables(env);
  // A later one of these overwrites an earlier one.
  const written = readTexts([...texts, ...flags]);
  const tree = overlay(file === null ? {} : loadFile(file), written.tree);
  const nameOf = createNameOf(written.writtenAs);
  const parsed = settingsSchema.safeParse(tree);
  const problems = parsed.success ? findContradictions(parsed.data) : describeIssues(parsed.error.issues, nameOf);
  // Alone it would be no reason not to start; now it may be the cause.
  if (!parsed.success || problems.length > 0) throw new ConfigError([...problems, ...unknown.map(describeUnknown)]);
  const urls = urlsOf(env, flags);
  const mentionedSubgraphs = listMentioned(parsed.data, { urls, nameOf });
  return { ...toConfig(parsed.data, { tree, env, urls }), unknownVariables: unknown, mentionedSubgraphs, nameOf };
}

function describeUnknown({ name, near }: UnknownVariable): string {
  return `${name}: there is no such setting${near === null ? '' : `; did you mean ${near}?`}`;
}

/** A comma list of origins, or `*`. */
export function parseCorsOrigins(list: string | undefined, isDevelopment: boolean): '*' | readonly string[] {
  return toOrigins(
    list?.split(',').map((origin) => origin.trim()),
    isDevelopment,
  );
}

type Read = { readonly tree: SettingsTree; readonly env: Env; readonly urls: ReadonlyMap<string, string> };

function toConfig(
  settings: Settings,
  { tree, env, urls }: Read,
): Omit<GatewayConfig, 'unknownVariables' | 'mentionedSubgraphs' | 'nameOf'> {
  const problems = badUrls(urls);
  const isDevelopment = settings.mode === 'development';
  const { source, pollMs, headers } = settings.supergraph;
  const config = {
    ...settings,
    isDevelopment,
    supergraph: {
      from: readSource(source),
      pollMs,
      headers: resolveHeaders(headers, 'supergraph.headers', { env, problems }),
    },
    protection: {
      limits: toOperationLimits(settings.limits),
      introspection: settings.introspection ?? (tree.mode === 'production' ? 'deny' : 'allow'),
      costMode: settings.limits.costMode,
      costMax: settings.limits.cost,
      listSizeDefault: settings.limits.listSize,
    },
    telemetry: { ...settings.telemetry, tracing: readTracingSettings(env, settings.telemetry.tracing) },
    corsOrigins: toOrigins(settings.cors.origins, isDevelopment),
    webSocketLimits: { ...toWebSocketLimits(settings.subscriptions), drainMsMax: settings.drainMs },
    ...subgraphSettingsOf(settings, urls, { env, problems }),
  } as const;
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** What the environment says about addresses, but for subgraphs whose address is on the command line. */
function urlsOf(env: Env, flags: readonly TextSetting[]): ReadonlyMap<string, string> {
  const flagged = flags.filter(({ path }) => path[0] === 'subgraphs' && path[2] === 'url');
  const names = new Set(flagged.map(({ path }) => subgraphInVariable(path[1] ?? '')));
  return new Map([...readSubgraphUrls(env)].filter(([name]) => !names.has(name)));
}

function badUrls(urls: ReadonlyMap<string, string>): string[] {
  const bad = [...urls].filter(([, url]) => !httpUrl.safeParse(url).success);
  return bad.map(([name]) => `${SUBGRAPH_URL_PREFIX}${name}: is not an http(s) address`);
}

function toOperationLimits(limits: Settings['limits']): OperationLimits {
  return {
    depthMax: limits.depth,
    rootFieldsMax: limits.rootFields,
    fieldsMax: limits.fields,
    aliasesMax: limits.aliases,
    directivesMax: limits.directives,
    introspectionDepthMax: limits.introspectionDepth,
    valueDepthMax: limits.valueDepth,
  };
}

function toWebSocketLimits(settings: Settings['subscriptions']): WebSocketLimits {
  const { socketsMax, operationsPerSocketMax, messageBytesMax, bufferedBytesMax, initMs, pingMs, idleMs } = settings;
  const clientLimits = { socketsMax, operationsMax: operationsPerSocketMax, messageBytesMax, bufferedBytesMax };
  return { ...defaultLimits, ...clientLimits, initMsMax: initMs, pingMs, idleMsMax: idleMs };
}

function toOrigins(origins: readonly string[] | undefined, isDevelopment: boolean): '*' | readonly string[] {
  if (origins === undefined) return isDevelopment ? '*' : [];
  return origins.includes('*') ? '*' : origins;
}

function loadFile(file: string): SettingsTree {
  try {
    return readConfigFile(file);
  } catch (error) {
    throw new ConfigError([(error as Error).message]);
  }
}

/** What each setting allows and their sum does not. */
function findContradictions({ persistedOperations, identity }: Settings): string[] {
  const { manifest, mode, requireForScopes } = persistedOperations;
  const isRequired = mode === 'require' || requireForScopes.length > 0;
  return [
    ...(isRequired && manifest === null
      ? ['persistedOperations.manifest: is needed where operations must be listed']
      : []),
    ...(mode === 'off' && requireForScopes.length > 0
      ? ['persistedOperations.requireForScopes: contradicts the mode `off`']
      : []),
    ...(identity.audience !== null && identity.jwksUrl === null
      ? ['identity.audience: needs identity.jwksUrl: without it no access token is looked at']
      : []),
    ...(requireForScopes.length > 0 && identity.jwksUrl === null
      ? ['persistedOperations.requireForScopes: needs identity.jwksUrl: without it nobody has a scope']
      : []),
  ];
}

/** Settings whose variable has a name that everybody expects; the others follow the rule of `variableOf`. */
const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['supergraph.source', 'SUPERGRAPH'],
  ['host', 'HOST'],
  ['port', 'PORT'],
  ['identity.secret', 'IDENTITY_SECRET'],
  ['identity.jwksUrl', 'JWKS_URL'],
  ['identity.issuer', 'TOKEN_ISSUER'],
  ['identity.audience', 'TOKEN_AUDIENCE'],
  ['cors.origins', 'CORS_ORIGINS'],
  ['operationsDir', 'OPERATIONS_DIR'],
  ['telemetry.logLevel', 'LOG_LEVEL'],
]);

/** What starts the name of a variable of the gateway's own. */
export const VARIABLE_PREFIX = 'GATEWAY_';
/** The configuration file. */
export const CONFIG_VARIABLE = 'PLAYGRAPH_GATEWAY_CONFIG';
export const SUBGRAPH_URL_PREFIX = 'SUBGRAPH_URL_';

/** The variable of a setting: `limits.rootFields` is set by `GATEWAY_LIMITS_ROOT_FIELDS`. */
export function variableOf(path: readonly string[]): string {
  return SHORT_NAMES.get(path.join('.')) ?? byRule(path);
}

/** The variable that was meant by one with our prefix, where the setting has a short name: `GATEWAY_PORT` is `PORT`. */
export function shortNameFor(variable: string): string | null {
  for (const [path, name] of SHORT_NAMES)
    if (variable === `${VARIABLE_PREFIX}${name}` || variable === byRule(path.split('.'))) return name;
  return null;
}

function byRule(path: readonly string[]): string {
  const parts = path.map((part) => part.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase());
  return `${VARIABLE_PREFIX}${parts.join('_')}`;
}

/** A subgraph's name as it stands in a variable: `my-orders` is `MY_ORDERS`. */
export function subgraphInVariable(name: string): string {
  return name.replace(/[^a-z\d]/gi, '_').toUpperCase();
}

/** Settings whose variable has a name that everybody expects; the others follow the rule of `variableOf`. */
const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['supergraph.source', 'SUPERGRAPH'],
  ['host', 'HOST'],
  ['port', 'PORT'],
  ['identity.secret', 'IDENTITY_SECRET'],
  ['identity.jwksUrl', 'JWKS_URL'],
  ['identity.issuer', 'TOKEN_ISSUER'],
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
  const parts = path.map((part) => part.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase());
  return SHORT_NAMES.get(path.join('.')) ?? `${VARIABLE_PREFIX}${parts.join('_')}`;
}

/** A subgraph's name as it stands in a variable: `my-orders` is `MY_ORDERS`. */
export function subgraphInVariable(name: string): string {
  return name.replace(/[^a-z\d]/gi, '_').toUpperCase();
}

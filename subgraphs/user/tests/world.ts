import { createTokenVerifier } from '@playgraph/auth/access-token';
import type { Identity } from '@playgraph/auth/identity';
import { createStaticKeySet } from '@playgraph/auth/key-set';
import { generateSigningKey } from '@playgraph/auth/signing-key';
import { type DomainEvent, topicOf } from '@playgraph/events/event-log';
import { silentLogger } from '@playgraph/kernel/logger';
import { systemRandom } from '@playgraph/kernel/random';
import type { DrainableSubgraph } from '@playgraph/server/subgraph';
import type { Shards } from '@playgraph/sharding/shards';
import { createSubgraphClient, type JsonObject } from '@playgraph/testkit/subgraph-client';
import { NEVER_MS, openSubgraphPorts } from '@playgraph/testkit/subgraph-ports';
import { onTestFinished } from 'vitest';
import type { UserSettings } from '../src/settings.ts';
import { createStore, type Db, openStore } from '../src/store.ts';
import { createSubgraph } from '../src/subgraph.ts';

export const PASSWORD = 'correct horse battery';
/** bcrypt's lowest: tests need the steps, not the work. */
const PASSWORD_COST = 4;
export const TOKEN_ISSUER = 'playgraph-test';

type Json = Record<string, unknown>;
export type Tokens = {
  accessToken: string;
  accessTokenExpiresAt: string;
  refreshToken: string;
  refreshTokenExpiresAt: string;
};
type Signed = Json & { __typename: string; code?: string; user: { id: string; username: string }; tokens: Tokens };

const TOKENS = 'tokens { accessToken accessTokenExpiresAt refreshToken refreshTokenExpiresAt }';
const USER = 'user { id username displayName joinedAt email }';
const REGISTER = `mutation ($input: RegisterInput!) { register(input: $input) { __typename
  ... on RegisterSuccess { ${USER} ${TOKENS} } ... on Refusal { code message } ... on UsernameTaken { username } } }`;
const LOGIN = `mutation ($input: LoginInput!) { login(input: $input) { __typename
  ... on LoginSuccess { ${USER} ${TOKENS} } ... on Refusal { code message } ... on TooManyAttempts { retryAfterSeconds } } }`;
const REFRESH = `mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { __typename
  ... on RefreshSessionSuccess { ${USER} ${TOKENS} } ... on Refusal { code message } } }`;

export type World = Awaited<ReturnType<typeof openWorld>>;

/** A user subgraph over real SQLite shards, closed after the test. */
export async function openWorld(settings: Partial<UserSettings> = {}) {
  const ports = await openSubgraphPorts({ name: 'user', openStore, logger: silentLogger });
  const { clock, ids, log, hot, shards, urls } = ports;
  const signingKey = generateSigningKey();
  const open = (more: Partial<UserSettings> = {}) =>
    createSubgraph({
      ...ports,
      random: systemRandom,
      ...{ signingKey, tokenIssuer: TOKEN_ISSUER },
      settings: { passwordCost: PASSWORD_COST, sweepEveryMs: NEVER_MS, ...settings, ...more },
    });
  const subgraph = await open();
  onTestFinished(async () => {
    await subgraph.close();
    await ports.close();
  });
  const keySet = createStaticKeySet({ keys: [signingKey.publicJwk] });
  const verifier = createTokenVerifier({ keySet, issuer: TOKEN_ISSUER, clock });
  return {
    ...{ clock, ids, log, hot, shards, subgraph, open, urls, signingKey, verifier },
    store: createStore(shards),
    ...clientOf(subgraph),
    /** Everything that is stored, to see that a refusal changed nothing. */
    snapshot: () => takeSnapshot(shards),
  };
}

/** Asks as a client does; `accessToken` is checked by the caller, as the gateway would. */
export function clientOf(subgraph: DrainableSubgraph) {
  const ask = async <Data = JsonObject>(query: string, variables: Json = {}, identity: Identity | null = null) => {
    const { data, errors } = await createSubgraphClient(subgraph, identity).run<Data | null>(query, variables);
    return { data: data ?? null, errors: errors ?? [] };
  };
  const field = async (name: string, query: string, input: Json): Promise<Signed> => {
    const data = await createSubgraphClient(subgraph, null).get<Record<string, Signed>>(query, { input });
    const signed = data[name];
    if (!signed) throw new Error(`${name} gave nothing`);
    return signed;
  };
  return {
    ask,
    register: (input: Json = {}) =>
      field('register', REGISTER, { username: 'alice', email: 'alice@example.org', password: PASSWORD, ...input }),
    login: (usernameOrEmail: string, password = PASSWORD) => field('login', LOGIN, { usernameOrEmail, password }),
    refresh: (refreshToken: string) => field('refreshSession', REFRESH, { refreshToken }),
    logout: (identity: Identity, input?: Json) =>
      ask(
        'mutation ($input: LogoutInput) { logout(input: $input) { __typename ... on LogoutSuccess { endedSessions } ... on Refusal { code } } }',
        input ? { input } : {},
        identity,
      ),
  };
}

/** What is published on the subgraph's topic from now on. */
export async function recordEvents({ log }: World): Promise<DomainEvent[]> {
  const events: DomainEvent[] = [];
  await log.consume({ group: 'test', topics: [topicOf('user')], handle: async (event) => void events.push(event) });
  return events;
}

async function takeSnapshot(shards: Shards<Db>) {
  const rows = await shards.scatter(async (db) => ({
    users: await db.user.findMany({ orderBy: { id: 'asc' } }),
    credentials: await db.credential.findMany({ orderBy: { userId: 'asc' } }),
    names: await db.uniqueName.findMany({ orderBy: [{ kind: 'asc' }, { name: 'asc' }] }),
    sessions: await db.session.findMany({ orderBy: { id: 'asc' } }),
    tokens: await db.refreshToken.findMany({ orderBy: { hash: 'asc' } }),
    events: await db.outboxEvent.findMany({ orderBy: { id: 'asc' }, omit: { publishedAt: true } }),
  }));
  return {
    users: rows.flatMap((row) => row.users),
    credentials: rows.flatMap((row) => row.credentials),
    names: rows.flatMap((row) => row.names),
    sessions: rows.flatMap((row) => row.sessions),
    tokens: rows.flatMap((row) => row.tokens),
    events: rows.flatMap((row) => row.events),
  };
}

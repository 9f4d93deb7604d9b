import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTokenVerifier } from '@playgraph/auth/access-token';
import type { Identity } from '@playgraph/auth/identity';
import { createStaticKeySet } from '@playgraph/auth/key-set';
import { generateSigningKey } from '@playgraph/auth/signing-key';
import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { type DomainEvent, topicOf } from '@playgraph/events/event-log';
import { createLocalEventLog } from '@playgraph/events/local-event-log';
import { createManualClock } from '@playgraph/kernel/clock';
import { createIds } from '@playgraph/kernel/ids';
import { silentLogger } from '@playgraph/kernel/logger';
import { systemRandom as random } from '@playgraph/kernel/random';
import { executeLocal } from '@playgraph/server/execute-local';
import type { Shards } from '@playgraph/sharding/shards';
import { onTestFinished } from 'vitest';
import type { UserSettings } from '../src/settings.ts';
import { createStore, type Db, openStore } from '../src/store.ts';
import { createSubgraph, type UserSubgraph } from '../src/subgraph.ts';

export const START_MS = Date.parse('2026-11-21T08:00:00.000Z');
export const PASSWORD = 'correct horse battery';
/** bcrypt's lowest: tests need the steps, not the work. */
const PASSWORD_COST = 4;
/** The sweeper runs when a test says so. */
const NEVER_MS = 2 ** 31 - 1;
const SHARD_COUNT = 2;
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
  const folder = await mkdtemp(path.join(tmpdir(), 'playgraph-user-'));
  const urls = Array.from({ length: SHARD_COUNT }, (_, shard) => `file:${path.join(folder, `${shard}.db`)}`);
  const clock = createManualClock(START_MS);
  const ids = createIds({ clock, random });
  const logger = silentLogger;
  const log = createLocalEventLog({ logger });
  const hot = createMemoryHotStore({ clock });
  const shards = await openStore(urls);
  const signingKey = generateSigningKey();
  const open = (more: Partial<UserSettings> = {}) =>
    createSubgraph({
      ...{ shards, hot, log, clock, ids, random, logger, signingKey, tokenIssuer: TOKEN_ISSUER },
      settings: { passwordCost: PASSWORD_COST, sweepEveryMs: NEVER_MS, ...settings, ...more },
    });
  const subgraph = await open();
  onTestFinished(async () => {
    await subgraph.close();
    await log.close();
    await hot.close();
    await shards.close();
    await rm(folder, { recursive: true });
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
export function clientOf(subgraph: UserSubgraph) {
  const ask = async (query: string, variables: Json = {}, identity: Identity | null = null) => {
    const info = { identity, correlationId: 'test', signal: new AbortController().signal };
    const { data, errors } = await executeLocal(subgraph, { query, variables }, info);
    return { data: JSON.parse(JSON.stringify(data ?? null)) as Record<string, never> | null, errors: errors ?? [] };
  };
  const field = async (name: string, query: string, input: Json): Promise<Signed> => {
    const { data, errors } = await ask(query, { input });
    if (errors.length > 0) throw Object.assign(new Error(errors[0]?.message), { errors });
    return data?.[name] as unknown as Signed;
  };
  return {
    ask,
    register: (input: Json = {}) =>
      field('register', REGISTER, { username: 'alice', email: 'alice@example.org', password: PASSWORD, ...input }),
    login: (usernameOrEmail: string, password = PASSWORD) => field('login', LOGIN, { usernameOrEmail, password }),
    refresh: (refreshToken: string) => field('refreshSession', REFRESH, { refreshToken }),
    logout: (identity: Identity, input?: Json) =>
      ask(
        'mutation ($input: LogoutInput) { logout(input: $input) { __typename ... on LogoutSuccess { endedSessions } } }',
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

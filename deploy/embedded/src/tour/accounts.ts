import { randomBytes } from 'node:crypto';
import { holds, type Reporter } from './reporter.ts';
import type { StoreClient } from './store-client.ts';

/** A signed-in player of the tour. */
export type Player = {
  readonly id: string;
  readonly displayName: string;
  readonly client: StoreClient;
  readonly refreshToken: string;
};

const REGISTER = `mutation Register($input: RegisterInput!) {
  register(input: $input) {
    __typename
    ... on RegisterSuccess { user { id displayName } tokens { accessToken refreshToken } }
    ... on Refusal { code message }
  }
}`;

type RegisterData = {
  register: {
    __typename: string;
    code?: string;
    user: { id: string; displayName: string };
    tokens: { accessToken: string; refreshToken: string };
  };
};

/** Registers a new player with a name that nobody has. */
export function registerPlayer(reporter: Reporter, store: StoreClient, displayName: string): Promise<Player> {
  return reporter.step(`${displayName} registers`, async () => {
    const username = `${displayName.toLowerCase()}_${randomBytes(4).toString('hex')}`;
    const input = { username, displayName, email: `${username}@tour.example`, password: 'a password of the tour' };
    const { register } = await store.ask<RegisterData>(REGISTER, { input });
    holds(register.__typename === 'RegisterSuccess', 'RegisterSuccess', register);
    const again = await store.ask<RegisterData>(REGISTER, { input });
    holds(again.register.code === 'USERNAME_TAKEN', 'USERNAME_TAKEN the second time', again.register);
    const { user, tokens } = register;
    const player = { ...user, client: store.as(tokens.accessToken), refreshToken: tokens.refreshToken };
    return [player, `${username}; the name is taken the second time`];
  });
}

/** Signs a player out: the refresh token is worth nothing from then on. */
export async function signOut(reporter: Reporter, { client, displayName, refreshToken }: Player): Promise<void> {
  await reporter.step(`${displayName} signs out`, async () => {
    await client.ask('mutation { logout { __typename } }');
    const query =
      'mutation R($input: RefreshSessionInput!) { refreshSession(input: $input) { __typename ... on Refusal { code } } }';
    const { refreshSession } = await client.ask<{ refreshSession: { __typename: string; code?: string } }>(query, {
      input: { refreshToken },
    });
    holds(refreshSession.code !== undefined, 'a refusal of the old refresh token', refreshSession);
    return [undefined, `the refresh token is refused (${String(refreshSession.code)})`];
  });
}

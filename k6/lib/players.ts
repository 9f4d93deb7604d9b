import { expect } from './checks.ts';
import { defineOperation, type Store } from './graphql.ts';

const NAME_RANDOM_CHARS = 16;

/** A player who is signed in, and what signs them in again. */
export type Player = {
  readonly id: string;
  readonly username: string;
  readonly password: string;
  /** The store as the player asks it. Good for 15 minutes, longer than any run. */
  readonly store: Store;
};

type SignedIn = {
  readonly __typename: string;
  readonly user?: { readonly id: string };
  readonly tokens?: { readonly accessToken: string };
};
type RegisterInput = { username: string; email: string; password: string };
type LoginInput = { usernameOrEmail: string; password: string };

const register = defineOperation<{ input: RegisterInput }, { register: SignedIn }>(
  'Register',
  `mutation Register($input: RegisterInput!) {
    register(input: $input) {
      __typename
      ... on RegisterSuccess { user { id } tokens { accessToken } }
      ... on Refusal { code message }
    }
  }`,
);

const login = defineOperation<{ input: LoginInput }, { login: SignedIn }>(
  'Login',
  `mutation Login($input: LoginInput!) {
    login(input: $input) {
      __typename
      ... on LoginSuccess { user { id } tokens { accessToken } }
      ... on Refusal { code message }
    }
  }`,
);

/** A new player with a name that nobody has. @throws when the store refuses. */
export async function registerPlayer(store: Store): Promise<Player> {
  const username = `k6_${crypto.randomUUID().replaceAll('-', '').slice(0, NAME_RANDOM_CHARS)}`;
  const password = crypto.randomUUID();
  const answer = await register(store, { input: { username, email: `${username}@k6.example`, password } });
  const { __typename, user, tokens } = answer.register;
  expect(__typename === 'RegisterSuccess', 'a new player is registered', answer.register);
  return { id: user?.id ?? '', username, password, store: { ...store, accessToken: tokens?.accessToken ?? null } };
}

/** A new session of a player who has registered. @throws when the store refuses, or lets somebody else in. */
export async function signIn(store: Store, { id, username, password }: Omit<Player, 'store'>): Promise<Player> {
  const answer = await login(store, { input: { usernameOrEmail: username, password } });
  const { __typename, user, tokens } = answer.login;
  // The tokens are no evidence: they would be printed.
  expect(user?.id === id, 'a player signs in as the one who registered', { __typename, expected: id, got: user?.id });
  return { id, username, password, store: { ...store, accessToken: tokens?.accessToken ?? null } };
}

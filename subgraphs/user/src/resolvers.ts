import { requireIdentity } from '@playgraph/auth/identity';
import { parseId } from '@playgraph/kernel/ids';
import type { Context } from './context.ts';
import { type User, usernameKey } from './domain.ts';
import type { Resolvers } from './generated/resolvers.ts';
import { logIn } from './log-in.ts';
import { logOut } from './log-out.ts';
import { parseLogin, parseRefreshToken, parseRegistration, parseUsername } from './parse-input.ts';
import { refreshSession } from './refresh-session.ts';
import { registerPlayer } from './register-player.ts';

export const resolvers: Resolvers<Context> = {
  Query: {
    me: (_root, _args, { identity, loaders }) => (identity ? loaders.user.load(identity.userId) : null),
    user: (_root, { id }, { loaders }) => loaders.user.load(parseId('user', id, 'id')),
    userByUsername: async (_root, { username }, { loaders }) => {
      const { name } = usernameKey(parseUsername(username, 'username'));
      const userId = await loaders.userIdByUsername.load(name);
      return userId === null ? null : loaders.user.load(userId);
    },
  },
  Mutation: {
    register: (_root, { input }, { deps }) => registerPlayer(deps, parseRegistration(input)),
    login: (_root, { input }, { deps }) => logIn(deps, parseLogin(input)),
    refreshSession: async (_root, { input }, context) => {
      const result = await refreshSession(context.deps, parseRefreshToken(input.refreshToken));
      if (result.__typename === 'SessionEnded') return result;
      return { ...result, user: await getUser(result.userId, context) };
    },
    logout: (_root, { input }, { deps, identity }) =>
      logOut(deps, requireIdentity(identity), input?.everywhere ?? false),
  },
  User: {
    __resolveReference: ({ id }, { loaders }) => loaders.user.load(id),
    email: ({ id }, _args, { identity, loaders }) => (identity?.userId === id ? loaders.email.load(id) : null),
  },
};

async function getUser(id: string, { loaders }: Context): Promise<User> {
  const user = await loaders.user.load(id);
  if (!user) throw new Error(`a session of ${id}, who is no player`);
  return user;
}

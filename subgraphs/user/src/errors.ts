import { DomainError } from '@playgraph/kernel/errors';

/** What can fail without anybody's fault. */
export const userErrors = {
  tooBusy: (retryAfterSeconds: number) =>
    new DomainError('UNAVAILABLE', 'Too many players sign in at once. Try again in a moment.', { retryAfterSeconds }),
  registrationTookTooLong: () =>
    new DomainError('UNAVAILABLE', 'The registration took too long and was not made. Try again.', {
      retryAfterSeconds: 1,
    }),
};

/** The expected ways in which a request is turned down; nothing has changed then. */
export const refusals = {
  usernameTaken: (username: string) => ({
    __typename: 'UsernameTaken' as const,
    code: 'USERNAME_TAKEN' as const,
    message: 'Another player has this username. Choose a different one.',
    username,
  }),
  emailTaken: () => ({
    __typename: 'EmailTaken' as const,
    code: 'EMAIL_TAKEN' as const,
    message: 'This email address is registered already. Sign in instead.',
  }),
  invalidCredentials: () => ({
    __typename: 'InvalidCredentials' as const,
    code: 'INVALID_CREDENTIALS' as const,
    message: 'Name and password do not go together.',
  }),
  tooManyAttempts: (retryAfterSeconds: number) => ({
    __typename: 'TooManyAttempts' as const,
    code: 'TOO_MANY_ATTEMPTS' as const,
    message: 'Too many sign-ins were tried with this name. Wait a little.',
    retryAfterSeconds,
  }),
  sessionEnded: () => ({
    __typename: 'SessionEnded' as const,
    code: 'SESSION_ENDED' as const,
    message: 'The session is over. Sign in again.',
  }),
  alreadySignedOut: () => ({
    __typename: 'AlreadySignedOut' as const,
    code: 'ALREADY_SIGNED_OUT' as const,
    message: 'You were signed out before.',
  }),
};

import { badUserInput } from '@playgraph/kernel/errors';
import { isStorableText } from '@playgraph/kernel/text';
import { emailKey, type Registration, type UniqueName, usernameKey } from './domain.ts';

/** bcrypt reads no further, so a longer password would be weaker than it looks. */
export const PASSWORD_BYTES_MAX = 72;
export const PASSWORD_BYTES_MIN = 10;
export const DISPLAY_NAME_CHARS_MAX = 40;
export const EMAIL_CHARS_MAX = 254;
const EMAIL_LOCAL_CHARS_MAX = 64;
const REFRESH_TOKEN_CHARS_MAX = 256;

const USERNAME = /^[A-Za-z0-9_]{3,24}$/;
// The addresses that an HTML form takes, with a dot in the domain: mail goes over the open internet.
const EMAIL =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
/** Control characters, halves of characters, and what makes text run backwards or hides in it. */
const UNSHOWABLE = /[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/u;

type RegisterInput = {
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly displayName?: string | null | undefined;
};

/** @throws DomainError BAD_USER_INPUT naming the first field that is malformed. */
export function parseRegistration(input: RegisterInput): Registration {
  return {
    username: parseUsername(input.username, 'input.username'),
    email: parseEmail(input.email, 'input.email'),
    password: parseNewPassword(input.password, 'input.password'),
    displayName: parseDisplayName(input.displayName ?? input.username, 'input.displayName'),
  };
}

/** @throws DomainError BAD_USER_INPUT when nobody could have that name. */
export function parseUsername(username: string, field: string): string {
  if (!USERNAME.test(username)) throw badUserInput('3 to 24 letters (A to Z), digits and underscores.', field);
  return username;
}

/** What somebody signs in with. Anything that a name could be; whether anybody has it is not this function's to tell. */
export function parseLogin(input: { readonly usernameOrEmail: string; readonly password: string }): {
  readonly name: UniqueName;
  readonly password: string;
} {
  const { usernameOrEmail: given, password } = input;
  if (given.length === 0 || given.length > EMAIL_CHARS_MAX) {
    throw badUserInput('A username or an email address.', 'input.usernameOrEmail');
  }
  const bytes = Buffer.byteLength(password);
  if (bytes === 0 || bytes > PASSWORD_BYTES_MAX) {
    throw badUserInput(`A password has up to ${PASSWORD_BYTES_MAX} bytes.`, 'input.password');
  }
  return { name: given.includes('@') ? emailKey(given) : usernameKey(given), password };
}

/** @throws DomainError BAD_USER_INPUT when it is far too long to be one. */
export function parseRefreshToken(token: string): string {
  if (token.length > REFRESH_TOKEN_CHARS_MAX) throw badUserInput('Not a refresh token.', 'input.refreshToken');
  return token;
}

function parseEmail(email: string, field: string): string {
  const isShort = email.length <= EMAIL_CHARS_MAX && email.indexOf('@') <= EMAIL_LOCAL_CHARS_MAX;
  if (!isShort || !EMAIL.test(email)) throw badUserInput('Not an email address.', field);
  return email;
}

function parseNewPassword(password: string, field: string): string {
  const bytes = Buffer.byteLength(password);
  if (bytes < PASSWORD_BYTES_MIN || bytes > PASSWORD_BYTES_MAX) {
    throw badUserInput(`A password has ${PASSWORD_BYTES_MIN} to ${PASSWORD_BYTES_MAX} bytes.`, field);
  }
  // bcrypt implementations differ behind a zero byte; halves of characters all turn into the same one.
  if (!isStorableText(password)) throw badUserInput('Text without control characters.', field);
  return password;
}

function parseDisplayName(displayName: string, field: string): string {
  const name = displayName.normalize('NFC').trim();
  const length = [...name].length;
  if (length === 0 || length > DISPLAY_NAME_CHARS_MAX || UNSHOWABLE.test(name)) {
    throw badUserInput(`1 to ${DISPLAY_NAME_CHARS_MAX} characters that can be shown.`, field);
  }
  return name;
}

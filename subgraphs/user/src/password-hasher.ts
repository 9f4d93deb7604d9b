import bcrypt from 'bcrypt';
import { userErrors } from './errors.ts';

/** Turns passwords into hashes and back into yes or no, a bounded number at a time. */
export type PasswordHasher = {
  /** The bcrypt hash of a password of at most 72 bytes. @throws DomainError UNAVAILABLE when too many wait. */
  hash(password: string): Promise<string>;
  /**
   * Whether the password has that hash. A null hash (there is no such player) takes the same work and gives false.
   * @throws DomainError UNAVAILABLE when too many wait.
   */
  verify(password: string, hash: string | null): Promise<boolean>;
  /** Whether the hash was made at another cost than passwords are hashed at now. */
  isOutdated(hash: string): boolean;
};

const RETRY_AFTER_SECONDS = 2;
/** Salt and digest of no password, in bcrypt's alphabet. */
const NOBODYS_DIGEST = '.'.repeat(53);

export function createPasswordHasher(options: {
  readonly passwordCost: number;
  readonly passwordsAtOnce: number;
  readonly passwordsWaitingMax: number;
}): PasswordHasher {
  const { passwordCost } = options;
  const inTurn = createTurnstile(options.passwordsAtOnce, options.passwordsWaitingMax);
  const nobodysHash = `$2b$${String(passwordCost).padStart(2, '0')}$${NOBODYS_DIGEST}`;
  return {
    hash: (password) => inTurn(() => bcrypt.hash(password, passwordCost)),
    verify: (password, hash) =>
      inTurn(async () => (await bcrypt.compare(password, hash ?? nobodysHash)) && hash !== null),
    isOutdated: (hash) => bcrypt.getRounds(hash) !== passwordCost,
  };
}

/** Lets `atOnceMax` in, has `waitingMax` wait in order, and sends the rest away. */
function createTurnstile(atOnceMax: number, waitingMax: number) {
  let inside = 0;
  const waiting: (() => void)[] = [];
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (inside < atOnceMax) inside++;
    else if (waiting.length >= waitingMax) throw userErrors.tooBusy(RETRY_AFTER_SECONDS);
    // Whoever leaves hands the place over, so `inside` stays as it is.
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else inside--;
    }
  };
}

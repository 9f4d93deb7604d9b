import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const SECRET_BYTES = 32;
const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;
const secret = z.string().min(SECRET_BYTES);
const schema = z.object({ identity: secret, ticket: secret, event: secret });

/** What the processes of one store share: who is asking, tickets and events are signed with these. */
export type Secrets = z.output<typeof schema>;

/**
 * The secrets in `file`; made when there is none, readable by their owner only. Processes that start at once get the
 * same: the file appears whole or not at all, and the first one counts.
 */
export function loadOrCreateSecrets(file: string): Secrets {
  const known = readSecrets(file);
  if (known) return known;
  mkdirSync(dirname(file), { recursive: true, mode: OWNER_ONLY_FOLDER });
  const made: Secrets = { identity: makeSecret(), ticket: makeSecret(), event: makeSecret() };
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(made), { mode: OWNER_ONLY_FILE });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
  return readSecrets(file) ?? made;
}

function readSecrets(file: string): Secrets | null {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new TypeError(`${file} does not hold the store's secrets`);
  }
}

function makeSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

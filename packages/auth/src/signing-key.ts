import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Es256PublicJwk } from './public-key.ts';

const CURVE = 'P-256';
const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

/** A key that signs access tokens (ES256). The private part stays with the user subgraph. */
export type SigningKey = {
  /** Names the key in a token's header: the RFC 7638 thumbprint of its public part. */
  readonly kid: string;
  readonly privateKeyPem: string;
  readonly publicJwk: Es256PublicJwk;
};

/**
 * A new ES256 key. It is generated as text: in Node 20 exporting a key object deadlocks the process when the collector
 * runs meanwhile and ends the job that generated the key, since both take the key's lock.
 */
export function generateSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: CURVE,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return toSigningKey(privateKey);
}

/**
 * The key in `file` (PKCS#8 PEM); when there is no such file, makes one, readable by its owner only.
 * Safe when several processes start at once: all get the same key, and a killed one leaves no half-written file.
 * @throws TypeError when the file holds something else than a P-256 key.
 */
export function loadOrCreateSigningKey(file: string): SigningKey {
  try {
    return toSigningKey(readFileSync(file, 'utf8'));
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
  mkdirSync(dirname(file), { recursive: true, mode: OWNER_ONLY_FOLDER });
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, generateSigningKey().privateKeyPem, { mode: OWNER_ONLY_FILE, flag: 'wx' });
  try {
    // A link appears whole or not at all, and fails when another process was first.
    linkSync(draft, file);
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error;
  } finally {
    rmSync(draft);
  }
  return toSigningKey(readFileSync(file, 'utf8'));
}

function toSigningKey(privateKeyPem: string): SigningKey {
  const privateKey = createPrivateKey(privateKeyPem);
  const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  if (kty !== 'EC' || crv !== CURVE || !x || !y) throw new TypeError('a signing key must be an EC key on P-256');
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  return { kid, privateKeyPem, publicJwk: { kty: 'EC', crv: CURVE, x, y, kid, alg: 'ES256', use: 'sig' } };
}

function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

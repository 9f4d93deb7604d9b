import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

export type KeyPair = { readonly privateKey: KeyObject; readonly publicKey: KeyObject };

/** See `generateSigningKey`: exporting a key that Node has just generated may wait for itself for ever. */
const publicKeyEncoding = { type: 'spki', format: 'pem' } as const;
const privateKeyEncoding = { type: 'pkcs8', format: 'pem' } as const;

export function generateRsaKeys(modulusLength = 2048): KeyPair {
  return toKeys(generateKeyPairSync('rsa', { modulusLength, publicKeyEncoding, privateKeyEncoding }));
}

export function generateEcKeys(namedCurve: string): KeyPair {
  return toKeys(generateKeyPairSync('ec', { namedCurve, publicKeyEncoding, privateKeyEncoding }));
}

function toKeys({ privateKey, publicKey }: { readonly privateKey: string; readonly publicKey: string }): KeyPair {
  return { privateKey: createPrivateKey(privateKey), publicKey: createPublicKey(publicKey) };
}

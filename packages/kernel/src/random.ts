import { createHash, randomBytes, randomInt } from 'node:crypto';

/** The only source of randomness for services. Passed in, so that tests and seeds are deterministic. */
export type Random = {
  /** `count` uniformly random bytes. */
  bytes(count: number): Uint8Array;
  /** A uniformly random integer in [0, maxExclusive). */
  int(maxExclusive: number): number;
};

/** Cryptographically secure randomness of the machine. */
export const systemRandom: Random = {
  bytes: (count) => randomBytes(count),
  int: (maxExclusive) => randomInt(maxExclusive),
};

/**
 * A deterministic sequence: the same seed gives the same bytes on every machine.
 * SHA-256 in counter mode: even, portable, and not for secrets (the seed is in the open).
 */
export function createSeededRandom(seed: string): Random {
  let block = Buffer.alloc(0);
  let counter = 0;
  const take = (count: number): Buffer => {
    while (block.length < count) {
      const next = createHash('sha256').update(`${seed}:${counter++}`).digest();
      block = Buffer.concat([block, next]);
    }
    const taken = block.subarray(0, count);
    block = block.subarray(count);
    return taken;
  };
  return {
    bytes: (count) => new Uint8Array(take(count)),
    // 48 bits over a range below 2^32 leave a bias under 2^-16: fine for demo worlds.
    int: (maxExclusive) => take(6).readUIntBE(0, 6) % maxExclusive,
  };
}

import type { Keepable } from './cache-control.ts';
import { decodeEntry, encodeEntry, type FoundEntry } from './entry.ts';
import type { LoadFacts, RootAsk } from './load-facts.ts';
import { placeOf, type SessionWork, stampOf, variablesKeyOf } from './session-work.ts';

/** An answer that is larger is not kept. */
export const ROOT_BYTES_MAX = 256 * 1024;

/** Root fields that one fetch asks one subgraph for. */
export type CacheableRoot = {
  readonly ask: RootAsk;
  /** The values of the client's variables that it uses, printed so that equal values give equal texts. */
  readonly variablesText: string;
};

type RootInHand = { readonly root: CacheableRoot; readonly facts: LoadFacts };

/** What is kept of the answer; undefined when nothing is. */
export async function readRoot(work: SessionWork, inHand: RootInHand): Promise<FoundEntry | undefined> {
  const { sharedKey, ownKey } = toPlace(work, inHand);
  const { generationKeys } = inHand.facts;
  const read = await work.reads(generationKeys, [sharedKey, ownKey]);
  const stamp = read && stampOf(read, generationKeys);
  if (!read || stamp === null) return undefined;
  work.stamps.note(sharedKey, stamp);
  const [shared, own] = read.values;
  const nowMs = work.parts.clock.nowMs();
  const found = decodeEntry(shared, { stamp, nowMs }) ?? decodeEntry(own, { stamp, nowMs });
  // An answer has data: somebody else has written there.
  return found?.entity ? found : undefined;
}

/** Keeps an answer without errors that was looked up before it was asked for. */
export function writeRoot(
  work: SessionWork,
  inHand: RootInHand,
  { data, keepable }: { readonly data: object; readonly keepable: Keepable },
): void {
  const { parts, stamps } = work;
  const { sharedKey, ownKey } = toPlace(work, inHand);
  const stamp = stamps.get(sharedKey);
  if (stamp === undefined || parts.guard.isResting()) return;
  const ttlMs = Math.min(keepable.maxAgeSeconds, parts.ttlSecondsMax) * 1_000;
  const expiresAtMs = parts.clock.nowMs() + ttlMs;
  const entry = encodeEntry({ entity: data, stamp, expiresAtMs, scope: keepable.scope });
  if (entry.length > ROOT_BYTES_MAX || Buffer.byteLength(entry) > ROOT_BYTES_MAX) return;
  const key = keepable.scope === 'PUBLIC' ? sharedKey : ownKey;
  parts.guard.write(() => parts.hot.mset([[key, entry]], ttlMs));
  parts.observer({ cache: 'ROOT', kind: 'STORE', count: 1 });
}

function toPlace({ parts, scope }: SessionWork, { root, facts }: RootInHand) {
  return placeOf(`${parts.namespace}:r:${facts.hash}${variablesKeyOf(root.variablesText)}`, scope);
}

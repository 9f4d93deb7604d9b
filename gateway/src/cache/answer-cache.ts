import type { PageCache } from '@playgraph/cache/page-cache';
import type { Logger } from '@playgraph/kernel/logger';
import type { ClientInfo, PrintedAnswer } from '../client-request.ts';
import type { AnswerReach } from './answer-reach.ts';
import { type CachePolicy, printCacheControl } from './cache-control.ts';
import { clientScopeOf } from './client-scope.ts';
import type { EntityCache } from './entity-cache.ts';
import type { GenerationsRead } from './generations.ts';
import { hashOf } from './load-facts.ts';
import { createStoreGuard, READ_MS_MAX } from './store-guard.ts';

/** The most generations that one answer stands on. One that needs more names its types instead of its entities. */
const TAGS_MAX = 256;
/** A larger answer is not kept. */
const ANSWER_BYTES_MAX = 1024 * 1024;
const NEW_LINE = 0x0a;
/** How an answer without errors begins. */
const DATA_START = Buffer.from('{"data":{');

/** Whole answers of known public operations, dropped by the same invalidations as entities. */
export type AnswerCache = {
  /**
   * Looks an answer up, before anything is asked of a subgraph. Null at once when no answer to this client may come from
   * here: it is signed in, wants one of its own, or its usage is measured. Never rejects.
   */
  open(asked: AnswerAsked): Promise<AnswerLookup> | null;
};

export type AnswerAsked = {
  /** Of an operation that is listed (persisted): others would let anyone fill the cache. */
  readonly operationId: string;
  /** The values of the variables that it uses, printed so that equal values give equal texts. */
  readonly variablesKey: string;
  readonly client: ClientInfo;
  readonly reach: AnswerReach;
};

export type AnswerLookup = {
  /** What is kept; null when there is none. */
  readonly answer: PrintedAnswer | null;
  /**
   * Keeps the answer of an execution that began after the lookup, when it may be: data without errors, public all over.
   * `touched`: of the session with `tracksEntities` that the execution used.
   */
  keep(answer: PrintedAnswer, made: AnswerMade): void;
};

export type AnswerMade = { readonly policy: CachePolicy | null; readonly touched: ReadonlySet<string> | null };

export type AnswerCacheDeps = {
  readonly pages: PageCache;
  /** Whose generations and invalidations hold for answers too. */
  readonly entities: EntityCache;
  readonly logger: Logger;
  readonly readMsMax?: number;
};

/** What stands before a kept answer, in one line of JSON. */
type PageHead = {
  readonly tags: readonly string[];
  readonly stamp: string;
  readonly expiresAtMs: number;
};
type Page = { readonly head: PageHead; readonly body: Buffer };

/**
 * An answer is kept under the generations of all that is in it. Which entities are in it is known only afterwards, so
 * their generations are read when the answer is there; they count as those of before if no entity of these types changed
 * meanwhile, which the generations of the types tell. The tags of the page store free memory; whether a page counts, the
 * generations decide, so that an answer that is stored late is not read.
 */
export function createAnswerCache({ pages, entities, logger, readMsMax = READ_MS_MAX }: AnswerCacheDeps): AnswerCache {
  const { clock, observer, generations, namespace, ttlSecondsMax, graphId } = entities.parts;
  const guard = createStoreGuard({ cache: 'ANSWER', clock, logger, observer, readMsMax });
  // What cannot be dropped is not read either: the generations have changed.
  entities.onRaised(async (keys) => void (await guard.ask(() => pages.dropTags(keys))));

  const findPage = async (key: string): Promise<Page | null> => {
    const bytes = await pages.get(key);
    return bytes && parsePage(bytes);
  };
  const lookUp = async (key: string, reach: AnswerReach) => {
    const page = await findPage(key);
    const keys = [...new Set([...reach.fixed, ...reach.named, ...(page?.head.tags ?? [])])];
    return { page, before: await generations.read(keys, []) };
  };
  const store = async (key: string, answer: PrintedAnswer, made: Kept): Promise<void> => {
    const { reach, before, touched, ttlMs } = made;
    const isNamed = touched !== null && reach.fixed.length + touched.size <= TAGS_MAX;
    const tags = [...new Set([...reach.fixed, ...(isNamed ? touched : reach.named)])];
    const after = await generations.read([...new Set([...tags, ...reach.fixed, ...reach.named])], []);
    const watched = [...reach.fixed, ...reach.named];
    const stamp = stampOf(after, tags);
    if (stamp === null || stampOf(after, watched) !== stampOf(before, watched)) return;
    const head: PageHead = { tags, stamp, expiresAtMs: clock.nowMs() + ttlMs };
    await pages.set(key, printPage({ head, body: answer.body }), { ttlMs, tags });
    observer({ cache: 'ANSWER', kind: 'STORE', count: 1 });
  };

  return {
    open({ operationId, variablesKey, client, reach }) {
      const scope = clientScopeOf(client);
      const mayShare = client.allowsSharing && scope.isAnonymous && !client.isMetered;
      if (!mayShare || guard.isResting() || reach.fixed.length > TAGS_MAX) return null;
      const key = `${namespace}:a:${hashOf(JSON.stringify([graphId(), operationId, variablesKey, scope.sharedKey]))}`;
      return guard
        .ask(() => lookUp(key, reach))
        .then((found) => {
          const answer = found?.page ? toAnswer(found.page, found.before, clock.nowMs()) : null;
          if (found) observer({ cache: 'ANSWER', kind: answer ? 'HIT' : 'MISS', count: 1 });
          return {
            answer,
            keep(fresh, { policy, touched }) {
              if (!found || policy?.scope !== 'PUBLIC' || !isKeepable(fresh) || guard.isResting()) return;
              const ttlMs = Math.min(policy.maxAgeSeconds, ttlSecondsMax) * 1_000;
              guard.write(() => store(key, fresh, { reach, before: found.before, touched, ttlMs }));
            },
          };
        });
    },
  };
}

type Kept = {
  readonly reach: AnswerReach;
  readonly before: GenerationsRead;
  readonly touched: ReadonlySet<string> | null;
  readonly ttlMs: number;
};

function isKeepable({ outcome, body }: PrintedAnswer): boolean {
  const isClean = body.subarray(0, DATA_START.length).equals(DATA_START);
  return outcome === 'DATA' && isClean && body.length <= ANSWER_BYTES_MAX;
}

/** The kept answer, if it counts: null when something in it was invalidated, or its time is over. */
function toAnswer({ head, body }: Page, read: GenerationsRead, nowMs: number): PrintedAnswer | null {
  const leftSeconds = Math.floor((head.expiresAtMs - nowMs) / 1_000);
  if (head.expiresAtMs <= nowMs || stampOf(read, head.tags) !== head.stamp) return null;
  const cacheControl = printCacheControl({ maxAgeSeconds: leftSeconds, scope: 'PUBLIC' });
  return { body, outcome: 'DATA', status: null, cacheControl };
}

function stampOf({ generations }: GenerationsRead, keys: readonly string[]): string | null {
  const known = keys.map((key) => generations.get(key) ?? null);
  return known.includes(null) ? null : hashOf(known.join());
}

function printPage({ head, body }: Page): Uint8Array {
  return Buffer.concat([Buffer.from(JSON.stringify(head)), Buffer.of(NEW_LINE), body]);
}

/** Null for what is no page of ours. */
function parsePage(bytes: Uint8Array): Page | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = buffer.indexOf(NEW_LINE);
  if (end < 0) return null;
  try {
    const head = JSON.parse(buffer.toString('utf8', 0, end)) as PageHead;
    const isHead = Array.isArray(head.tags) && typeof head.stamp === 'string' && Number.isFinite(head.expiresAtMs);
    return isHead ? { head, body: buffer.subarray(end + 1) } : null;
  } catch {
    return null;
  }
}

import { type CachePolicy, createPolicyTally, type Keepable, readCacheControl } from './cache-control.ts';
import type { CacheEvent } from './cache-observer.ts';
import type { CacheParts } from './cache-parts.ts';
import type { ClientScope } from './client-scope.ts';
import { type CacheableLoad, type FetchedEntity, readEntities, writeEntities } from './entity-parts.ts';
import type { CachedEntity, FoundEntry } from './entry.ts';
import type { FactsOfLoads, LoadFacts, RepresentationFacts } from './load-facts.ts';
import { type CacheableRoot, readRoot, writeRoot } from './root-parts.ts';
import { createSessionWork, type SessionWork } from './session-work.ts';

/** The cache as one execution of a query sees it. */
export type EntityCacheSession = {
  /**
   * For each representation what is kept, undefined when it is not there, in one batch read; null at once when there is
   * no use in looking. To be called before every fetch of entities, for only what was looked up can be kept. Never
   * rejects. What is found counts in the policy.
   */
  read(load: CacheableLoad): Promise<readonly (CachedEntity | undefined)[]> | null;
  /**
   * Keeps what an answer brought for as long as its `cache-control` says, and counts it in the policy. `entitiesOf` is
   * called only when something may be kept: those that no error of the answer is about, as the subgraph gave them; none
   * when an error is about the whole answer.
   */
  write(load: CacheableLoad, entitiesOf: () => readonly FetchedEntity[], cacheControl: string | null): void;
  /** The same as `read` for a fetch of root fields: the `data` that is kept, undefined when there is none. */
  readRoot(root: CacheableRoot): Promise<CachedEntity | undefined> | null;
  /**
   * False when it is known that an answer to this fetch is not kept for this client, so that it may be sent ahead next
   * time like any other; true when it is kept, and when nobody knows yet.
   */
  mayKeepRoot(root: CacheableRoot): boolean;
  /** The same as `write` for a fetch of root fields: the `data` of an answer without errors. */
  writeRoot(root: CacheableRoot, data: object, cacheControl: string | null): void;
  /** Counts any other part in the policy: what cannot be kept here. Null also for an answer with errors, or none at all. */
  note(cacheControl: string | null): void;
  /** The policy of the whole answer so far: the shortest age, the narrowest scope; null when it may not be kept. */
  policy(): CachePolicy | null;
  /** Whether something came out of the cache: then the execution is no function of its calls alone. */
  hasHits(): boolean;
  /** The generations of all entities that were asked for; null when there were too many, or some that have none. */
  touched(): ReadonlySet<string> | null;
};

/** How many entities of one answer are named in it one by one. */
const TOUCHED_MAX = 128;

export type SessionOptions = {
  readonly scope: ClientScope;
  /** False: nothing is looked up or kept, the policy alone is worked out. */
  readonly isOpen: boolean;
  /** Whether `touched` will be asked for. */
  readonly tracksEntities: boolean;
};

export function createEntitySession(
  parts: CacheParts,
  { scope, isOpen, tracksEntities }: SessionOptions,
): EntityCacheSession {
  const tally = createPolicyTally(scope);
  const touched = tracksEntities ? createTouched() : null;
  let known: SessionWork | null = null;
  let hits = 0;

  // Most requests never look anything up.
  const work = (): SessionWork => {
    known ??= createSessionWork(parts, scope);
    return known;
  };
  const count = (cache: CacheEvent['cache'], found: readonly (FoundEntry | undefined)[]): void => {
    let foundCount = 0;
    for (const entry of found) {
      if (!entry) continue;
      foundCount += 1;
      tally.add(entry.keepable);
    }
    hits += foundCount;
    if (foundCount > 0) parts.observer({ cache, kind: 'HIT', count: foundCount });
    if (foundCount < found.length) parts.observer({ cache, kind: 'MISS', count: found.length - foundCount });
  };
  const isWorthALook = ({ isKept }: LoadFacts): boolean =>
    (scope.isAnonymous ? isKept.anonymous : isKept.known) && !parts.guard.isResting();
  /** Null where there is no use in looking. */
  const factsForRead = (subgraph: string, find: (facts: FactsOfLoads) => LoadFacts | null): LoadFacts | null => {
    if (!isOpen) return null;
    const known = parts.facts();
    const facts = known.keeping.get(subgraph) === false ? null : find(known);
    return facts && isWorthALook(facts) ? facts : null;
  };
  /** Counts an answer in and learns from it; null where it is not kept. */
  const factsForWrite = (
    { subgraph, keepable }: { readonly subgraph: string; readonly keepable: Keepable | null },
    find: (facts: FactsOfLoads) => LoadFacts | null,
  ): LoadFacts | null => {
    tally.add(keepable);
    if (!isOpen) return null;
    const known = parts.facts();
    if (keepable) known.keeping.set(subgraph, true);
    else if (!known.keeping.has(subgraph)) known.keeping.set(subgraph, false);
    const facts = known.keeping.get(subgraph) ? find(known) : null;
    if (facts) learn(facts, keepable, scope);
    return keepable && mayKeep(keepable, scope) ? facts : null;
  };
  return {
    read(load) {
      if (touched) for (const text of load.texts) touched.add(parts.facts().representationFacts(text));
      const facts = factsForRead(load.subgraph, (known) => known.loadFacts(load.subgraph, load.selectionText));
      if (!facts) return null;
      return readEntities(work(), { load, facts }).then((found) => {
        count('ENTITY', found);
        return found;
      });
    },
    write(load, entitiesOf, cacheControl) {
      const { subgraph } = load;
      const keepable = readCacheControl(cacheControl);
      const facts = factsForWrite({ subgraph, keepable }, (known) => known.loadFacts(subgraph, load.selectionText));
      if (facts && keepable) writeEntities(work(), { load, facts }, { entities: entitiesOf(), keepable });
    },
    readRoot(root) {
      const facts = factsForRead(root.ask.subgraph, (known) => known.rootFacts(root.ask));
      if (!facts) return null;
      return readRoot(work(), { root, facts }).then((found) => {
        count('ROOT', [found]);
        return found;
      });
    },
    mayKeepRoot({ ask }) {
      if (!isOpen) return false;
      const known = parts.facts();
      if (!known.keeping.get(ask.subgraph)) return true;
      const isKept = known.rootFacts(ask)?.isKept;
      return isKept !== undefined && !(isKept.known && !isKept.anonymous && scope.isAnonymous);
    },
    writeRoot(root, data, cacheControl) {
      const keepable = readCacheControl(cacheControl);
      const facts = factsForWrite({ subgraph: root.ask.subgraph, keepable }, (known) => known.rootFacts(root.ask));
      if (facts && keepable) writeRoot(work(), { root, facts }, { data, keepable });
    },
    note: (cacheControl) => tally.add(readCacheControl(cacheControl)),
    policy: tally.policy,
    hasHits: () => hits > 0,
    touched: () => touched?.keys() ?? null,
  };
}

/** What is private is kept for whom it was made, and of somebody unknown nobody can tell who else would be meant. */
function mayKeep({ scope: kept }: Keepable, { isAnonymous }: ClientScope): boolean {
  return !(kept === 'PRIVATE' && isAnonymous);
}

/** The last answer teaches whether the next one is worth a look: whoever may share it learns that it can be kept. */
function learn({ isKept }: LoadFacts, keepable: Keepable | null, scope: ClientScope): void {
  if (!keepable) {
    isKept[scope.isAnonymous ? 'anonymous' : 'known'] = false;
    return;
  }
  isKept.known = true;
  if (keepable.scope !== 'PRIVATE') isKept.anonymous = true;
  else if (scope.isAnonymous) isKept.anonymous = false;
}

function createTouched() {
  const keys = new Set<string>();
  let isWhole = true;
  return {
    add(facts: RepresentationFacts | null) {
      if (!facts || keys.size > TOUCHED_MAX) isWhole = false;
      else for (const key of facts.entityKeys) keys.add(key);
    },
    keys: () => (isWhole && keys.size <= TOUCHED_MAX ? keys : null),
  };
}

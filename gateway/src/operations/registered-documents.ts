import { createHash } from 'node:crypto';
import type { KeyValues } from '@playgraph/cache/hot-store';
import { createMemoryKeyValues } from '@playgraph/cache/memory-key-values';
import type { Clock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';

/** How long a registered document is kept when nothing else is said. */
const REGISTERED_TTL_MS = 24 * 60 * 60_000;
/** How many documents a store in this process keeps. */
const REGISTERED_MAX = 2_000;
/** Longer documents are run and not kept: the store is shared, and bounded by their number. */
const REGISTERED_CHARS_MAX = 32 * 1024;
const KEY_PREFIX = 'gateway:apq:';

/** Documents that clients have registered under their hash (automatic persisted queries). */
export type RegisteredDocuments = {
  /** The document of this SHA-256 in hex; null when nobody has registered it lately. A store that fails knows nothing. */
  find(sha256: string): Promise<string | null>;
  /** Keeps a document. The caller has checked its hash, and that it is valid. Never rejects. */
  register(sha256: string, text: string): Promise<void>;
};

export type RegisteredDocumentsDeps = {
  readonly store: KeyValues;
  readonly logger: Logger;
  readonly ttlMs?: number;
};

/** Registered documents in a store that processes may share. */
export function createRegisteredDocuments(deps: RegisteredDocumentsDeps): RegisteredDocuments {
  const { store, logger, ttlMs = REGISTERED_TTL_MS } = deps;
  return {
    async find(sha256) {
      try {
        const [text = null] = await store.mget([KEY_PREFIX + sha256]);
        // Whoever can write to the store must not be able to put another document in the place of a known one.
        return text !== null && hashOf(text) === sha256 ? text : null;
      } catch (error) {
        logger.warn({ error: String(error) }, 'registered documents cannot be read');
        return null;
      }
    },
    async register(sha256, text) {
      if (text.length > REGISTERED_CHARS_MAX) return;
      try {
        await store.mset([[KEY_PREFIX + sha256, text]], ttlMs);
      } catch (error) {
        logger.warn({ error: String(error) }, 'a document cannot be registered');
      }
    },
  };
}

/** A store of this process alone, for registered documents. */
export function createRegisteredDocumentsStore(clock: Clock): KeyValues {
  return createMemoryKeyValues({ clock, keysMax: REGISTERED_MAX });
}

/** SHA-256 of a document in hex: the name under which clients know it. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

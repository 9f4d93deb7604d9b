import { ConfigError } from '@playgraph/kernel/config';
import type { Logger } from '@playgraph/kernel/logger';
import { z } from 'zod';
import { createFileSource } from '../supergraph/file-source.ts';
import { followText } from '../supergraph/text-source.ts';

/** How many operations a manifest may list. */
const MANIFEST_OPERATIONS_MAX = 50_000;

/** An operation that somebody has listed. */
export type ListedOperation = {
  /** What clients call it; by convention the SHA-256 of `body`. */
  readonly id: string;
  readonly name: string;
  readonly type: 'query' | 'mutation' | 'subscription';
  /** The document. */
  readonly body: string;
};

/** The operations that are known before anybody asks. */
export type PersistedManifest = {
  readonly operations: readonly ListedOperation[];
  find(id: string): ListedOperation | null;
  /** Whether exactly this document is listed. */
  has(body: string): boolean;
};

const manifestSchema = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z
    .array(
      z.object({
        id: z.string().min(1),
        name: z.string(),
        type: z.enum(['query', 'mutation', 'subscription']),
        body: z.string().min(1),
      }),
    )
    .max(MANIFEST_OPERATIONS_MAX),
});

/** Lists nothing. */
export const EMPTY_MANIFEST: PersistedManifest = toManifest([]);

/**
 * Reads a manifest of the format `apollo-persisted-query-manifest`, version 1.
 * @throws Error saying in a sentence what is wrong with it.
 */
export function parseManifest(text: string): PersistedManifest {
  const parsed = manifestSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`it is not a manifest: ${issue?.path.join('.') || '(all)'}: ${issue?.message}`);
  }
  const { operations } = parsed.data;
  const bodyOf = new Map<string, string>();
  for (const { id, body } of operations) {
    if ((bodyOf.get(id) ?? body) !== body) throw new Error(`it lists two documents as ${id}`);
    bodyOf.set(id, body);
  }
  return toManifest(operations);
}

/** The manifest of a file that is watched: `current` is the newest one that could be read. */
export type ManifestFile = { current(): PersistedManifest; stop(): void };

/** @throws ConfigError when there is no usable manifest to begin with. */
export async function followManifest(
  file: string,
  deps: { readonly logger: Logger; readonly onNewer?: (manifest: PersistedManifest) => void },
): Promise<ManifestFile> {
  let current = EMPTY_MANIFEST;
  try {
    const { first, stop } = await followText(createFileSource(file), {
      what: 'persisted operations',
      apply: (text) => {
        current = parseManifest(text);
        deps.onNewer?.(current);
      },
      logger: deps.logger,
    });
    try {
      current = parseManifest(first);
    } catch (error) {
      stop();
      throw error;
    }
    return { current: () => current, stop };
  } catch (error) {
    const { message } = error as Error;
    const sentence = message.includes(file) ? message : `${file}: ${message}`;
    throw new ConfigError([`persistedOperations.manifest: ${sentence}`]);
  }
}

function toManifest(operations: readonly ListedOperation[]): PersistedManifest {
  const byId = new Map(operations.map((operation) => [operation.id, operation]));
  const bodies = new Set(operations.map(({ body }) => body));
  return { operations, find: (id) => byId.get(id) ?? null, has: (body) => bodies.has(body) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
}

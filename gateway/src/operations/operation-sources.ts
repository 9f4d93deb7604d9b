import type { KeyValues } from '@playgraph/cache/hot-store';
import type { Clock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import type { GatewayConfig } from '../config.ts';
import { EMPTY_MANIFEST, followManifest, type PersistedManifest } from './persisted-manifest.ts';
import type { PrepareDeps } from './prepare-request.ts';
import { createRegisteredDocuments, createRegisteredDocumentsStore } from './registered-documents.ts';

/** Where documents come from that are not in the request: `createRequestPreparer` takes it as it is. */
export type OperationSources = Omit<PrepareDeps, 'catalogue'> & { stop(): void };

/** Nothing is listed, nothing is registered; any document may run. */
export const NO_OPERATION_SOURCES: OperationSources = {
  manifest: () => EMPTY_MANIFEST,
  rule: { mode: 'allow', requireForScopes: [] },
  registered: null,
  stop: () => undefined,
};

export type OperationSourcesDeps = {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where registered documents are kept; this process's memory when absent. */
  readonly store?: KeyValues;
  /** Told of each newer manifest, such as to warm its operations. */
  readonly onNewerManifest?: (manifest: PersistedManifest) => void;
};

/** Opens what the settings name. @throws ConfigError when the manifest cannot be used. */
export async function openOperationSources(
  settings: GatewayConfig['persistedOperations'],
  { clock, logger, store, onNewerManifest }: OperationSourcesDeps,
): Promise<OperationSources> {
  const { manifest: file, mode, requireForScopes, apq, apqTtlMs } = settings;
  const registered = apq
    ? createRegisteredDocuments({ store: store ?? createRegisteredDocumentsStore(clock), ttlMs: apqTtlMs, logger })
    : null;
  if (mode === 'off' || file === null) return { ...NO_OPERATION_SOURCES, registered };
  const followed = await followManifest(file, { logger, ...(onNewerManifest ? { onNewer: onNewerManifest } : {}) });
  return { manifest: followed.current, rule: { mode, requireForScopes }, registered, stop: followed.stop };
}

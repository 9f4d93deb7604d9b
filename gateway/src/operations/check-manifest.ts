import type { Logger } from '@playgraph/kernel/logger';
import type { ListedOperation, PersistedManifest } from './persisted-manifest.ts';
import type { OperationCatalogue } from './prepare-operation.ts';
import { warmUp } from './warm-up.ts';

/** How many invalid operations are told by name; of the others their number is. */
const INVALID_TOLD_MAX = 20;

/** Looks whether the graph in force can run what the manifest lists. */
export type ManifestCheck = {
  /** To be called when either has changed. Goes on in the background, in slices; a later call, or `stop`, ends it. */
  run(): void;
  stop(): void;
};

export type ManifestCheckDeps = {
  readonly manifest: () => PersistedManifest;
  /** The catalogue of the version in force; null before the first one, when there is nothing to hold against. */
  readonly catalogue: () => Pick<OperationCatalogue, 'prepare'> | null;
  readonly logger: Logger;
  /** Told how many are not valid, once all are looked at. */
  readonly onChecked?: ((invalid: number) => void) | undefined;
};

/**
 * A listed operation that is not valid is told by its name, its id and the reason, and harms no other one: whoever asks
 * for it gets the same reason. At most WARM_OPERATIONS_MAX are looked at, those that are made ready.
 */
export function createManifestCheck({ manifest, catalogue, logger, onChecked }: ManifestCheckDeps): ManifestCheck {
  let running = new AbortController();
  const check = async ({ prepare }: Pick<OperationCatalogue, 'prepare'>, signal: AbortSignal) => {
    let invalid = 0;
    const warm = ({ id, name, body }: ListedOperation): boolean => {
      const prepared = prepare(body, undefined);
      if (!('errors' in prepared)) return true;
      invalid += 1;
      if (invalid <= INVALID_TOLD_MAX) {
        const [error] = prepared.errors;
        const fields = { operation: name, id, code: error?.extensions?.code, reason: error?.message };
        logger.warn(fields, 'a listed operation is not valid on this graph');
      }
      return false;
    };
    const { isAborted } = await warmUp(manifest().operations, { warm, signal, logger });
    if (isAborted) return;
    if (invalid > INVALID_TOLD_MAX) logger.warn({ invalid }, 'more listed operations are not valid on this graph');
    onChecked?.(invalid);
  };
  return {
    run() {
      running.abort();
      running = new AbortController();
      const current = catalogue();
      if (current) void check(current, running.signal);
    },
    stop: () => running.abort(),
  };
}

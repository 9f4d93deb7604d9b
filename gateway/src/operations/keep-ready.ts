import type { Logger } from '@playgraph/kernel/logger';
import { type CarryOverReport, carryOver, type GraphVersion } from './carry-over.ts';
import type { PersistedManifest } from './persisted-manifest.ts';
import type { OperationText } from './prepare-operation.ts';
import { WARM_OPERATIONS_MAX } from './warm-up.ts';

/** A version of the graph, and what is in use on it. */
export type UsedVersion<Planned, Compiled> = GraphVersion<Planned, Compiled> & {
  /** The operations in use, most used first. */
  mostUsed(max: number): readonly OperationText[];
  /** The form of operations for clients that take answers in parts; none when absent. */
  readonly inParts?: GraphVersion<Planned, unknown>;
};

/** Makes each version of the graph ready for the operations that will come. */
export type ReadyKeeper<Planned, Compiled> = {
  /**
   * To be called with each version, also the first, and with the newest one when the manifest has changed: what is in use
   * moves over, then what the manifest lists is planned. Goes on in the background, in slices; a newer version, or
   * `stop`, ends it. Never rejects.
   */
  prepareFor(version: UsedVersion<Planned, Compiled>): Promise<CarryOverReport>;
  stop(): void;
};

export function createReadyKeeper<Planned, Compiled>(deps: {
  readonly manifest: () => PersistedManifest;
  readonly logger: Logger;
}): ReadyKeeper<Planned, Compiled> {
  let current: UsedVersion<Planned, Compiled> | null = null;
  let running = new AbortController();
  return {
    async prepareFor(version) {
      running.abort();
      running = new AbortController();
      const from = current === version ? null : current;
      current = version;
      const listed = deps.manifest().operations.map(({ body }) => ({ text: body, operationName: undefined }));
      const operations = [...(from?.mostUsed(WARM_OPERATIONS_MAX) ?? []), ...listed];
      const { signal } = running;
      const { logger } = deps;
      const whole = await carryOver(operations, { from, to: version, signal, logger });
      const parts = version.inParts;
      const inParts = parts
        ? await carryOver(operations, { from: from?.inParts ?? null, to: parts, signal, logger })
        : NOTHING;
      const report = together(whole, inParts);
      // A run that a newer version has ended has made nothing ready.
      if (operations.length > 0 && !signal.aborted) {
        const { carried, replanned, dropped } = report;
        deps.logger.info({ carried: carried.length, replanned, dropped }, 'operations are ready');
      }
      return report;
    },
    stop: () => running.abort(),
  };
}

const NOTHING: CarryOverReport = { carried: [], replanned: 0, dropped: 0 };

/** An operation that cannot be made ready is one that is dropped, in however many forms. */
function together(whole: CarryOverReport, inParts: CarryOverReport): CarryOverReport {
  return {
    carried: [...whole.carried, ...inParts.carried],
    replanned: whole.replanned + inParts.replanned,
    dropped: Math.max(whole.dropped, inParts.dropped),
  };
}

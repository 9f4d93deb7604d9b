import { once } from '@playgraph/kernel/once';
import { createChangeTeller, type TellerDeps } from './change-teller.ts';
import type { AnnounceChanges } from './entity-changes.ts';

export type HttpAnnouncerDeps = TellerDeps & {
  /** Where gateways take invalidations, such as `http://gateway:4000/cache/invalidate`. Each is told everything. */
  readonly urls: readonly string[];
};

/** Tells gateways that are other processes what has changed. */
export type HttpAnnouncer = {
  /** Notes what has changed, to be told as soon as can be. Never waits for a gateway, and never rejects. */
  readonly announce: AnnounceChanges;
  /**
   * That anything may have changed. To be called once the process answers: what the one before it had still to tell when
   * it was killed, nobody has heard.
   */
  announceEverything(): void;
  /** Resolves when nothing is left to be told. */
  settled(): Promise<void>;
  /** Tries once more to tell what is left; takes a few seconds at most. */
  close(): Promise<void>;
};

/**
 * One POST at a time to each gateway, with all that was noted meanwhile, each thing once. A gateway that cannot be told
 * is tried again until it can, and what is noted until then is bounded: too many changes become one, everything of this
 * subgraph. So no change is lost, while no commit, no event and no answer waits for a gateway.
 */
export function createHttpAnnouncer({ urls, ...deps }: HttpAnnouncerDeps): HttpAnnouncer {
  const tellers = urls.map((url) => createChangeTeller(deps, url));
  return {
    announce: async (changes) => {
      for (const teller of tellers) teller.note(changes);
    },
    announceEverything() {
      for (const teller of tellers) teller.note([{ subgraph: deps.subgraph }]);
    },
    async settled() {
      await Promise.all(tellers.map((teller) => teller.settled()));
    },
    close: once(async () => {
      await Promise.all(tellers.map((teller) => teller.close()));
    }),
  };
}

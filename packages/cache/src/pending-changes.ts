import type { EntityChange } from './entity-changes.ts';

/** What those who keep a subgraph's answers are told: a change, or that everything of the subgraph may have changed. */
export type Announcement = EntityChange | { readonly subgraph: string };

/** The most that is remembered of what is still to be told; gateways take as many at a time. */
export const PENDING_CHANGES_MAX = 1_000;

/** What somebody is still to be told: each thing once, however often it has changed meanwhile. */
export type PendingChanges = {
  /** More than PENDING_CHANGES_MAX become one, that everything may have changed, which stands for all that follow. */
  add(announcements: readonly Announcement[]): void;
  addEverything(): void;
  /** All of it; nothing is left. */
  take(): readonly Announcement[];
  isEmpty(): boolean;
};

/** For the changes of one subgraph, by its name in the supergraph. */
export function createPendingChanges(subgraph: string): PendingChanges {
  const everything: Announcement = { subgraph };
  const everythingKey = JSON.stringify(everything);
  let pending = new Map<string, Announcement>();
  const addEverything = (): void => {
    pending = new Map([[everythingKey, everything]]);
  };
  return {
    add(announcements) {
      for (const announcement of announcements) {
        if (pending.has(everythingKey)) return;
        const key = JSON.stringify(announcement);
        pending.set(key, announcement);
        if (key === everythingKey || pending.size > PENDING_CHANGES_MAX) addEverything();
      }
    },
    addEverything,
    take() {
      const taken = [...pending.values()];
      pending = new Map();
      return taken;
    },
    isEmpty: () => pending.size === 0,
  };
}

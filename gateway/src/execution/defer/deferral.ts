import type { DeferredBlock } from '../compile-plan.ts';
import type { Run } from '../run.ts';

/** The blocks of one run, each started as soon as what it depends on is there. */
export type Deferral = {
  /** What `Run.deferred` is told. */
  readonly progress: NonNullable<Run['deferred']>;
  /** Starts the blocks; `primary` resolves when the first part of the response is there. */
  start(run: Run, primary: Promise<void>): void;
  /** Resolves when a block is complete, or the run is past where it could have come to it. */
  done(block: DeferredBlock): Promise<void>;
};

export function createDeferral(blocks: readonly DeferredBlock[]): Deferral {
  const fetches = new Map(blocks.flatMap(({ depends }) => depends.map((id) => [id, createSignal()] as const)));
  const reached = new Set<number>();
  const ends = new Map<DeferredBlock, Promise<void>>();
  const begin = async (block: DeferredBlock, run: Run, around: Promise<unknown>): Promise<void> => {
    const needed = Promise.all(block.depends.map((id) => fetches.get(id)?.promise));
    // A fetch under a condition that does not hold never ends; once all around has, nothing more will come.
    await Promise.race([needed, around]);
    // What it needs may be there before its parent has come to it.
    if (!reached.has(block.index)) await around;
    if (reached.has(block.index)) await block.step(run);
  };
  return {
    progress: { fetched: (id) => fetches.get(id)?.resolve(), reached: (index) => void reached.add(index) },
    start(run, primary) {
      // A block without fetches of its own ends at once, before those around it, which the blocks in it may need.
      const around = new Map<DeferredBlock | null, Promise<unknown>>([[null, primary]]);
      for (const block of blocks) {
        const end = begin(block, run, around.get(block.parent) ?? primary);
        const both = Promise.all([around.get(block.parent), end]);
        // Nobody may ever ask for it: the client may go, or an earlier block fail.
        both.catch(() => undefined);
        ends.set(block, end);
        around.set(block, both);
      }
    },
    done: async (block) => ends.get(block),
  };
}

function createSignal(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

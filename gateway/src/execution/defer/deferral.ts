import type { DeferredBlock } from '../compile-plan.ts';
import type { Run } from '../run.ts';

/** The blocks of one run, each started as soon as what it depends on is there. */
export type Deferral = {
  /** What `Run.deferred` is told. */
  readonly progress: NonNullable<Run['deferred']>;
  /** Starts the blocks; `primary` resolves when the first part of the response is there. */
  start(run: Run, primary: Promise<void>): void;
  /** Whether the run has come to a part that is deferred. */
  hasReached(): boolean;
  /** Resolves when a block is complete; false when the run never came to it. */
  done(block: DeferredBlock): Promise<boolean>;
};

export function createDeferral(blocks: readonly DeferredBlock[]): Deferral {
  const fetches = new Map(blocks.flatMap(({ depends }) => depends.map((id) => [id, createSignal()] as const)));
  const reached = new Set<number>();
  const ends = new Map<DeferredBlock, Promise<boolean>>();
  const begin = async (block: DeferredBlock, run: Run, parent: Promise<unknown>): Promise<boolean> => {
    const needed = Promise.all(block.depends.map((id) => fetches.get(id)?.promise));
    // A fetch under a condition that does not hold never ends; once the parent has, nothing more will come.
    await Promise.race([needed, parent]);
    // What it needs may be there before its parent has come to it.
    if (!reached.has(block.index)) await parent;
    if (!reached.has(block.index)) return false;
    await block.step(run);
    return true;
  };
  return {
    progress: { fetched: (id) => fetches.get(id)?.resolve(), reached: (index) => void reached.add(index) },
    start(run, primary) {
      for (const block of blocks) {
        const end = begin(block, run, (block.parent && ends.get(block.parent)) ?? primary);
        // Nobody may ever ask for it: the client may go, or an earlier block fail.
        end.catch(() => undefined);
        ends.set(block, end);
      }
    },
    hasReached: () => reached.size > 0,
    done: (block) => ends.get(block) ?? Promise.resolve(false),
  };
}

function createSignal(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

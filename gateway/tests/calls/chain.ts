import { createWalkedWorld, type WalkedWorld, type WorldOptions } from './walk.ts';

/** 1 -> 2 -> 3, each in another subgraph. */
export const CHAIN = { roots: [1], steps: 3 };

/** A world that holds the chain, with prediction on. */
export function createChain(options: WorldOptions = {}): WalkedWorld {
  const world = createWalkedWorld({ prediction: true, ...options });
  world.set(1, { next: [2] });
  world.set(2, { next: [3] });
  return world;
}

import { afterEach } from 'vitest';

/** `create` for the suite that calls this: what it opens in a test is closed after that test. */
export function closedAfterEach<Args extends readonly unknown[], World extends { close(): Promise<void> }>(
  create: (...args: Args) => Promise<World>,
): (...args: Args) => Promise<World> {
  const opened: World[] = [];
  afterEach(async () => {
    for (const world of opened.splice(0)) await world.close();
  });
  return async (...args) => {
    const world = await create(...args);
    opened.push(world);
    return world;
  };
}

/** Runs work of one key one at a time, in the order of arrival; other keys are not held up. */
export type Turns = {
  /** @throws what `work` throws, or what `refuse` makes when `waitingMax` others wait already. */
  take<Result>(key: string, work: () => Promise<Result>): Promise<Result>;
};

export function createTurns(options: { waitingMax: number; refuse: () => Error }): Turns {
  const queues = new Map<string, { tail: Promise<unknown>; waiting: number }>();
  return {
    async take(key, work) {
      const queue = queues.get(key) ?? { tail: Promise.resolve(), waiting: 0 };
      if (queue.waiting >= options.waitingMax) throw options.refuse();
      queues.set(key, queue);
      queue.waiting += 1;
      const turn = queue.tail.then(work);
      queue.tail = turn.catch(() => undefined);
      try {
        return await turn;
      } finally {
        queue.waiting -= 1;
        if (queue.waiting === 0) queues.delete(key);
      }
    },
  };
}

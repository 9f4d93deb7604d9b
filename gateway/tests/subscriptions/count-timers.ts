import { createHook } from 'node:async_hooks';
import { onTestFinished } from 'vitest';

/** What of our own code starts a timer. */
const OUR_CODE = /(?:gateway|packages\/\w+)\/src\//;

/** Counts the timers of our code that wait, from now to the end of the test; those that keep no process alive, too. */
export function countTimers() {
  const waiting = new Map<number, string>();
  const hook = createHook({
    init(id, type) {
      if (type !== 'Timeout') return;
      const { stack = '' } = new Error('a timer');
      const line = stack.split('\n').find((text) => OUR_CODE.test(text));
      if (line) waiting.set(id, line.trim());
    },
    destroy: (id) => void waiting.delete(id),
  }).enable();
  onTestFinished(() => void hook.disable());
  return { waiting: () => [...waiting.values()] };
}

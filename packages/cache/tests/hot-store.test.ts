import { createManualClock } from '@playgraph/kernel/clock';
import { describeHotStore } from '@playgraph/testkit/contracts/hot-store';
import { createMemoryHotStore } from '../src/memory-hot-store.ts';

describeHotStore('memory', async () => {
  const clock = createManualClock(0);
  const hot = createMemoryHotStore({ clock });
  return { hot, pass: async (ms) => clock.advance(ms), close: () => hot.close() };
});

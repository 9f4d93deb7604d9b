import { fileURLToPath } from 'node:url';
import { type Running, start } from './processes.ts';
import type { SubgraphsCounts, SubgraphsMode, SubgraphsOrder, SubgraphsReport } from './subgraphs.ts';

const START_MS_MAX = 30_000;
const ORDER_MS_MAX = 5_000;

/** The process of the four services. */
export type Subgraphs = {
  readonly port: number;
  /** What was called since the last order; from now on counts anew, in `mode` when one is given. */
  order(mode?: SubgraphsMode): Promise<SubgraphsCounts>;
  stop(): Promise<void>;
};

/** Starts the services. Rejects when they do not come up in time. */
export async function startSubgraphs(core: number | null): Promise<Subgraphs> {
  const file = fileURLToPath(new URL('./subgraphs.ts', import.meta.url));
  const args = ['--conditions=@playgraph/source', '--import=tsx', file];
  const running = start({ command: process.execPath, args, env: { NODE_ENV: 'production' } }, { core, ipc: true });
  const { port } = (await nextMessage(running, START_MS_MAX, (message) => 'port' in message)) as { port: number };
  let orders = 0;
  return {
    port,
    order: async (mode) => {
      const id = ++orders;
      const report = nextMessage(running, ORDER_MS_MAX, (message) => 'id' in message && message.id === id);
      running.child.send({ id, ...(mode ? { mode } : {}) } satisfies SubgraphsOrder);
      return ((await report) as SubgraphsReport).counts;
    },
    stop: () => running.stop(),
  };
}

function nextMessage(running: Running, msMax: number, isIt: (message: object) => boolean): Promise<object> {
  return new Promise((resolve, reject) => {
    const finish = () => {
      clearTimeout(timer);
      running.child.off('message', onMessage).off('exit', onExit);
    };
    const onMessage = (message: object) => {
      if (!isIt(message)) return;
      finish();
      resolve(message);
    };
    const onExit = () => {
      finish();
      reject(new Error(`the subgraphs ended: ${running.output()}`));
    };
    const timer = setTimeout(() => {
      finish();
      reject(new Error(`the subgraphs said nothing for ${msMax} ms: ${running.output()}`));
    }, msMax);
    running.child.on('message', onMessage).once('exit', onExit);
  });
}

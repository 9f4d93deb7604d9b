import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A process of its own that runs one of the scripts beside this file. */
export type Child = {
  readonly process: ChildProcess;
  /** What it prints, line by line, until it ends. */
  readonly lines: AsyncIterable<string>;
  /** Kills it as a power switch would, and waits until it is gone. */
  kill(): Promise<void>;
};

export function startChild(script: string, args: readonly string[]): Child {
  const file = fileURLToPath(new URL(`./${script}`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@playgraph/source', file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  return {
    process: child,
    lines: createInterface({ input: child.stdout }),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Everything that the script prints. */
export async function runChild(script: string, args: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of startChild(script, args).lines) lines.push(line);
  return lines;
}

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
/** What Node is told to run the command from its sources. */
export const NODE_ARGS = ['--conditions=@playgraph/source', '--import=tsx', MAIN];

/** The command, with nothing of this process's environment that could be a setting. It ends with the test. */
export function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return watch(spawn(process.execPath, [...NODE_ARGS, ...args], { env: { PATH: process.env.PATH, ...env } }));
}

/** What a process writes and how it ends; it is killed when the test is over. */
export function watch(child: ChildProcessWithoutNullStreams) {
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  const looks: (() => void)[] = [];
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk) => {
      output[name] += chunk;
      for (const look of looks) look();
    });
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...output })));
  /** Resolves with what `pattern` finds in standard error, once it does. */
  const saw = (pattern: RegExp): Promise<RegExpExecArray> => {
    const seen = new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(output.stderr);
        if (found) resolve(found);
      };
      looks.push(look);
      look();
      void ended.then(({ stderr }) => reject(new Error(`ended: ${stderr}`)));
    });
    seen.catch(() => undefined);
    return seen;
  };
  const url = saw(/"url":"(http:[^"]+)\/graphql"/).then(([, found = '']) => found);
  url.catch(() => undefined);
  return { child, ended, url, saw };
}

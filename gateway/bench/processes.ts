import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** How long a process may take to end when asked; then it is killed. */
const STOP_MS_MAX = 5_000;
/** How much of a process's output is kept, for when it fails. */
const OUTPUT_CHARS_MAX = 8_000;
/** Ticks of /proc/<pid>/stat: 100 a second on every Linux. */
const CPU_TICK_MS = 10;
/** Gives processes a core; part of every Linux. */
const PIN = 'taskset';

export type Command = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
};

/** A process of the benchmark's own, in a process group of its own. */
export type Running = {
  readonly pid: number;
  readonly child: ChildProcess;
  /** What it wrote last. */
  output(): string;
  hasEnded(): boolean;
  /** Asks it to end, then makes it; resolves when it and its children are gone. */
  stop(): Promise<void>;
};

const running = new Set<Running>();
/** Set for good by `stopAll`: what starts after it would outlive us. */
let isEnding = false;

/** The cores of this process. On one core everything shares it; without taskset nothing is pinned. */
export function allowedCores(): readonly number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readProc('self/status'))?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [from = Number.NaN, to = from] = range.split('-').map(Number);
    return Number.isNaN(from) ? [] : Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

/** Whether processes can be given a core. */
export function canPin(): boolean {
  return allowedCores().length > 1 && spawnSync(PIN, ['-V']).status === 0;
}

/** Gives this very process a core. */
export function pinSelf(core: number): void {
  spawnSync(PIN, ['-a', '-p', '-c', String(core), String(process.pid)]);
}

/** Starts a command, on that core only when one is given. With `ipc` it has a channel to us. @throws Error after `stopAll`. */
export function start({ command, args, env, cwd }: Command, on: { core: number | null; ipc?: boolean }): Running {
  if (isEnding) throw new Error('the benchmark is ending');
  const [file, ...rest] = on.core === null ? [command, ...args] : [PIN, '-c', String(on.core), command, ...args];
  const child = spawn(file ?? command, rest, {
    cwd,
    env: { ...inheritedEnv(), ...env },
    stdio: ['ignore', 'pipe', 'pipe', ...(on.ipc ? (['ipc'] as const) : [])],
    detached: true,
  });
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-OUTPUT_CHARS_MAX);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      keep(Buffer.from(error.message));
      resolve();
    });
  });
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  const one: Running = {
    pid: child.pid ?? 0,
    child,
    output: () => output,
    hasEnded: () => hasEnded,
    stop: async () => {
      signalGroup(one.pid, 'SIGTERM');
      const killer = setTimeout(() => signalGroup(one.pid, 'SIGKILL'), STOP_MS_MAX);
      await ended;
      clearTimeout(killer);
      signalGroup(one.pid, 'SIGKILL');
      running.delete(one);
    },
  };
  running.add(one);
  return one;
}

/** Ends every process that is left; from now on none can be started. */
export async function stopAll(): Promise<void> {
  isEnding = true;
  await Promise.all([...running].map((one) => one.stop()));
}

/** CPU time of a process and its descendants so far, in milliseconds; NaN without /proc. */
export function cpuMsOf(pid: number): number {
  const ticks = familyOf(pid).map((member) => {
    const fields = statFields(member);
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.length === 0 ? Number.NaN : ticks.reduce((sum, one) => sum + one, 0) * CPU_TICK_MS;
}

/** The most memory that a process and its descendants ever had resident, in MB; NaN without /proc. */
export function residentMbMaxOf(pid: number): number {
  const kib = familyOf(pid).map((member) => Number(/VmHWM:\s+(\d+)/.exec(readProc(`${member}/status`))?.[1] ?? 0));
  return kib.length === 0 ? Number.NaN : kib.reduce((sum, one) => sum + one, 0) / 1024;
}

/** A port that was free a moment ago. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** A process and all below it that still live. */
function familyOf(pid: number): readonly number[] {
  if (statFields(pid).length === 0) return [];
  const parents = listProcesses().map((member) => ({ member, parent: Number(statFields(member)[1]) }));
  const family = [pid];
  // Grows while it is walked: children of children come in behind.
  for (const elder of family) {
    family.push(...parents.filter(({ parent }) => parent === elder).map(({ member }) => member));
  }
  return family;
}

function listProcesses(): readonly number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** The fields after the command's name, which may hold blanks: state is 0, parent 1, user and system time 11 and 12. */
function statFields(pid: number): readonly string[] {
  const stat = readProc(`${pid}/stat`);
  return stat === '' ? [] : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return '';
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    if (pid > 0) process.kill(-pid, signal);
  } catch {
    // The group is gone, which is what was wanted.
  }
}

/** Nothing of the caller's configuration may reach a gateway by accident. */
function inheritedEnv(): Record<string, string> {
  const { PATH = '', HOME = '', TMPDIR = '' } = process.env;
  return { PATH, HOME, ...(TMPDIR ? { TMPDIR } : {}) };
}

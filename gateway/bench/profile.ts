/** A V8 CPU profile, as `node --cpu-prof` writes it. Times in microseconds of the system's monotonic clock. */
export type CpuProfile = {
  readonly startTime: number;
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
};

/** One line of "what the profile says": time spent in the function or file itself, not in what it calls. */
type ProfileRow = { readonly name: string; readonly selfMs: number; readonly share: number };

/** Where the busy time of a window went. */
export type ProfileSummary = {
  readonly windowMs: number;
  readonly idleShare: number;
  readonly functions: readonly ProfileRow[];
  readonly files: readonly ProfileRow[];
  /** By folder of ours, by dependency, and Node's own code together. */
  readonly parts: readonly ProfileRow[];
};

const IDLE = '(idle)';
const GARBAGE = '(garbage collector)';
/** Frames of V8 itself, such as its garbage collector. */
const NATIVE_URL = '';

/** Sums up the samples between two moments; shares are of the busy time (everything but idle). */
export function summarizeProfile(profile: CpuProfile, windowUs: readonly [start: number, end: number]): ProfileSummary {
  const selfUs = sampleTimes(profile, windowUs);
  const functions = new Map<string, number>();
  const files = new Map<string, number>();
  const parts = new Map<string, number>();
  let idleUs = 0;
  let busyUs = 0;
  for (const { id, callFrame } of profile.nodes) {
    const us = selfUs.get(id) ?? 0;
    const { functionName, url, lineNumber } = callFrame;
    if (functionName === IDLE) idleUs += us;
    else {
      busyUs += us;
      const file = shorten(url);
      const name = functionName || '(anonymous)';
      add(functions, file === NATIVE_URL ? name : `${name}  ${file}:${lineNumber + 1}`, us);
      add(files, file === NATIVE_URL ? name : file, us);
      add(parts, file === NATIVE_URL ? (name === GARBAGE ? name : 'node') : partOf(file), us);
    }
  }
  const toRows = (sums: ReadonlyMap<string, number>) =>
    [...sums]
      .filter(([, us]) => us > 0)
      .map(([name, us]) => ({ name, selfMs: us / 1000, share: us / busyUs }))
      .toSorted((a, b) => b.selfMs - a.selfMs);
  const windowMs = (idleUs + busyUs) / 1000;
  return {
    windowMs,
    idleShare: windowMs === 0 ? 0 : idleUs / 1000 / windowMs,
    functions: toRows(functions),
    files: toRows(files),
    parts: toRows(parts),
  };
}

/** The summary as text, the `rowsMax` heaviest rows of each list. */
export function printProfile(summary: ProfileSummary, rowsMax: number): string {
  const section = (title: string, rows: readonly ProfileRow[]) => [
    title,
    ...rows
      .slice(0, rowsMax)
      .map(
        ({ name, selfMs, share }) =>
          `${(share * 100).toFixed(1).padStart(6)} % ${selfMs.toFixed(0).padStart(7)} ms  ${name}`,
      ),
    '',
  ];
  return [
    `Profile of ${(summary.windowMs / 1000).toFixed(1)} s, idle ${(summary.idleShare * 100).toFixed(0)} % of it; self time, shares of the busy time`,
    '',
    ...section('Parts', summary.parts),
    ...section('Functions', summary.functions),
    ...section('Files', summary.files),
  ].join('\n');
}

/** Node of the profile -> its self time within the window. A sample stands for the time since the one before. */
function sampleTimes(profile: CpuProfile, [startUs, endUs]: readonly [number, number]): ReadonlyMap<number, number> {
  const times = new Map<number, number>();
  let atUs = profile.startTime;
  profile.samples.forEach((node, i) => {
    const deltaUs = profile.timeDeltas[i] ?? 0;
    atUs += deltaUs;
    if (atUs >= startUs && atUs <= endUs) add(times, node, deltaUs);
  });
  return times;
}

function add<K>(sums: Map<K, number>, key: K, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount);
}

/** A file as a reader knows it: from its package on, or from the compiled repository's root on. */
function shorten(url: string): string {
  const path = url.replace(/^file:\/\//, '');
  const dependency = path.lastIndexOf('/node_modules/');
  if (dependency !== -1) return path.slice(dependency + '/node_modules/'.length);
  return /\/((?:gateway|packages\/[\w-]+)\/dist\/.*)$/.exec(path)?.[1] ?? path;
}

/** `gateway/dist/execution/writer/x.js` is part of `gateway/dist/execution`, a dependency's file of its package. */
function partOf(file: string): string {
  if (file.startsWith('node:')) return 'node';
  const depth = file.startsWith('@') ? 2 : 1;
  return (
    (/^(gateway\/dist\/\w+|packages\/[\w-]+)\//.exec(file)?.[1] ?? file.split('/').slice(0, depth).join('/')) || file
  );
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder of one test's own. */
export type TempFolder = {
  readonly path: string;
  /** The urls of `count` SQLite shards in the folder: the same ones each time. */
  shardUrls(count: number): string[];
  /** Takes the folder away with all that is in it. */
  remove(): Promise<void>;
};

/** Makes an empty folder below the system's temporary one; `name` says in its path whose it is. */
export async function createTempFolder(name: string): Promise<TempFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), `playgraph-${name}-`));
  return {
    path: folder,
    shardUrls: (count) => Array.from({ length: count }, (_, shard) => `file:${path.join(folder, `${shard}.db`)}`),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

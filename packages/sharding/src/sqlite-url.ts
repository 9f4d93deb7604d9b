import { ConfigError } from '@playgraph/kernel/config';

/** What survives a power cut: `NORMAL` may lose the last commits, `FULL` loses none and waits for the disk at each. */
export type Synchronous = 'NORMAL' | 'FULL';

/** A SQLite shard as its url names it. */
export type SqliteLocation = { readonly file: string; readonly synchronous: Synchronous };

const SYNCHRONOUS: Readonly<Record<string, Synchronous>> = { normal: 'NORMAL', full: 'FULL' };

/**
 * Reads `file:<path>` with an optional `?synchronous=normal|full`; the path is absolute or below the working directory.
 * @throws ConfigError on anything else, without repeating the url (another scheme's may hold a password).
 */
export function parseSqliteUrl(url: string): SqliteLocation {
  const [path, query = ''] = url.split('?', 2);
  const file = path?.startsWith('file:') ? path.slice('file:'.length) : '';
  if (file === '' || file === ':memory:') throw new ConfigError(['shard url: must be file:<path of a SQLite file>']);
  const parameters = new URLSearchParams(query);
  const synchronous = SYNCHRONOUS[parameters.get('synchronous') ?? 'normal'];
  const unknown = [...parameters.keys()].filter((name) => name !== 'synchronous');
  if (!synchronous || unknown.length > 0) {
    throw new ConfigError(['shard url: the only parameter is synchronous, normal or full']);
  }
  return { file, synchronous };
}

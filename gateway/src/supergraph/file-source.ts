import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { TextSource } from './text-source.ts';

/** How often a file is looked at for a newer version. */
const WATCH_INTERVAL_MS = 1_000;

/** A file that is read again when it changes. Looked at, not listened to: that works on every file system. */
export function createFileSource(file: string): TextSource {
  const read = async () => {
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      throw new Error(isMissing(error) ? `there is no file ${file}` : `the file ${unreadable(file, error)}`);
    }
  };
  return {
    place: file,
    read,
    watch({ onText, onFailure }) {
      const look = () => void read().then(onText, onFailure);
      watchFile(file, { interval: WATCH_INTERVAL_MS, persistent: false }, look);
      return () => unwatchFile(file, look);
    },
  };
}

/** What stands after "the file" when reading it has failed: its name and why. */
export function unreadable(file: string, error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `${file} does not exist`;
  if (code === 'EISDIR') return `${file} cannot be read: it is a folder`;
  if (code === 'EACCES' || code === 'EPERM') return `${file} cannot be read: its permissions do not allow it`;
  return `${file} cannot be read: ${code}`;
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

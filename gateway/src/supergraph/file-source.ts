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
      const { code } = error as NodeJS.ErrnoException;
      throw new Error(code === 'ENOENT' ? `there is no file ${file}` : `the file ${file} cannot be read: ${code}`);
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

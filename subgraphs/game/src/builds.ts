import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '@playgraph/kernel/clock';
import { buildDemoArchive, fingerprintOfArchive } from './demo-archive.ts';
import type { Build, Game } from './domain.ts';
import type { Store } from './store.ts';

/** The build files of games: made when first asked for, kept in a folder. */
export type Builds = {
  /** The build of a game as it is now; its file is there when this resolves. */
  getBuild(game: Game): Promise<Build>;
  /** Opens the file of a build; null when there is no such build or its file is gone. The caller closes it. */
  openBuild(gameId: string, fingerprint: string): Promise<{ readonly build: Build; readonly file: FileHandle } | null>;
};

export type BuildsDeps = {
  readonly store: Pick<Store, 'findBuild' | 'saveBuild'>;
  /** Made when it is not there. */
  readonly dir: string;
  readonly clock: Clock;
};

/** How much of a fingerprint a file name carries. */
const NAME_DIGITS = 16;

export function createBuilds({ store, dir, clock }: BuildsDeps): Builds {
  const making = new Map<string, Promise<Build>>();
  const fileOf = (gameId: string, fingerprint: string): string =>
    path.join(dir, `${gameId}-${fingerprint.slice(0, NAME_DIGITS)}.tar`);

  const make = async (game: Game, fingerprint: string): Promise<Build> => {
    const bytes = buildDemoArchive(game);
    await writeWhole(fileOf(game.id, fingerprint), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const build = { gameId: game.id, fingerprint, sizeBytes: bytes.length, sha256 };
    // The row comes last: whoever finds it finds the file.
    await store.saveBuild(build, clock.now());
    return build;
  };

  return {
    async getBuild(game) {
      const fingerprint = fingerprintOfArchive(game);
      const known = await store.findBuild(game.id, fingerprint);
      if (known && (await sizeOf(fileOf(game.id, fingerprint))) === known.sizeBytes) return known;
      const running = making.get(fingerprint);
      if (running) return running;
      const started = make(game, fingerprint).finally(() => making.delete(fingerprint));
      making.set(fingerprint, started);
      return started;
    },
    async openBuild(gameId, fingerprint) {
      const build = await store.findBuild(gameId, fingerprint);
      const file = build && (await openFile(fileOf(gameId, fingerprint)));
      return build && file ? { build, file } : null;
    },
  };
}

/** Writes beside the place and renames, so that nobody, after a crash neither, reads half a file. */
async function writeWhole(file: string, bytes: Buffer): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const draft = `${file}.${randomUUID()}.part`;
  try {
    const handle = await open(draft, 'wx');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function sizeOf(file: string): Promise<number | null> {
  const found = await stat(file).catch(unlessAbsent);
  return found?.size ?? null;
}

function openFile(file: string): Promise<FileHandle | null> {
  return open(file, 'r').catch(unlessAbsent);
}

function unlessAbsent(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}

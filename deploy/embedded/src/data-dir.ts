import { accessSync, constants, mkdirSync } from 'node:fs';
import { ConfigError } from '@playgraph/kernel/config';
import type { EmbeddedConfig } from './config.ts';

/**
 * Makes the folder that all data lies in. @throws ConfigError when it cannot be made or written: better known at once than
 * by whatever needs a file in it first.
 */
export function requireDataDir({ dataDir }: Pick<EmbeddedConfig, 'dataDir'>): void {
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new ConfigError([
      `DATA_DIR: the folder cannot be made or written (${(error as NodeJS.ErrnoException).code})`,
    ]);
  }
}

import { ConfigError } from '@playgraph/kernel/config';
import { createLogger, type Logger } from '@playgraph/kernel/logger';

/** How long a process may take to close before it is ended all the same. */
export const SHUTDOWN_MS_MAX = 20_000;

/** The environment as `start` gets it. */
export type Env = Readonly<Record<string, string | undefined>>;

/**
 * Runs a process: `start` opens everything and says how to close it. SIGTERM and SIGINT close once, within
 * SHUTDOWN_MS_MAX; a second signal ends at once. A ConfigError is printed whole; that and any other failure exit 1.
 */
export async function runMain(
  name: string,
  start: (env: Env, logger: Logger) => Promise<{ close(): Promise<void> }>,
): Promise<void> {
  const logger = createLogger({ name, level: 'info' });
  try {
    const running = await start(process.env, logger);
    closeOnSignal(running, logger);
  } catch (error) {
    if (error instanceof ConfigError) process.stderr.write(`${name}: ${error.message}\n`);
    else logger.error({ err: error }, 'could not start');
    process.exit(1);
  }
}

function closeOnSignal(running: { close(): Promise<void> }, logger: Logger): void {
  let isClosing = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (isClosing) process.exit(1);
    isClosing = true;
    logger.info({ signal }, 'closing');
    const killer = setTimeout(() => {
      logger.error({ limitMs: SHUTDOWN_MS_MAX }, 'did not close in time');
      process.exit(1);
    }, SHUTDOWN_MS_MAX);
    killer.unref();
    running.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'could not close');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

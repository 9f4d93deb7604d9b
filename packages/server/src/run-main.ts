import { ConfigError } from '@playgraph/kernel/config';
import { createLogger, type Logger } from '@playgraph/kernel/logger';

/** How long a process may take to close before it is ended all the same, when it does not say itself. */
const SHUTDOWN_MS_MAX = 20_000;

/** A second signal sooner than this is the same wish: a terminal and a parent process both pass Ctrl+C on. */
const SECOND_SIGNAL_MS_MIN = 300;

/** What runs until it is told to close. */
type Running = {
  close(): Promise<void>;
  /** How long that may take; SHUTDOWN_MS_MAX when absent. */
  readonly closeMsMax?: number;
};

/** The environment as `start` gets it. */
export type Env = Readonly<Record<string, string | undefined>>;

/**
 * Runs a process: `start` opens everything and says how to close it. SIGTERM and SIGINT close once, within its
 * `closeMsMax`; a later signal ends at once. A process that was started with an IPC channel also closes when its parent
 * is gone. A ConfigError and what the system refuses (a port in use, a folder that cannot be written) are printed as one
 * sentence; that and any other failure exit 1.
 */
export async function runMain(name: string, start: (env: Env, logger: Logger) => Promise<Running>): Promise<void> {
  const logger = createLogger({ name, level: 'info' });
  try {
    const running = await start(process.env, logger);
    closeOnSignal(running, logger);
  } catch (error) {
    const sentence = error instanceof ConfigError ? error.message : sentenceOf(error);
    if (sentence !== null) process.stderr.write(`${name}: ${sentence}\n`);
    else logger.error({ err: error }, 'could not start');
    process.exit(1);
  }
}

function closeOnSignal(running: Running, logger: Logger): void {
  const { closeMsMax = SHUTDOWN_MS_MAX } = running;
  let closingSinceMs: number | null = null;
  const onSignal = (signal: NodeJS.Signals | 'disconnect') => {
    if (closingSinceMs !== null) {
      if (performance.now() - closingSinceMs >= SECOND_SIGNAL_MS_MIN) process.exit(1);
      return;
    }
    closingSinceMs = performance.now();
    logger.info({ signal }, 'closing');
    const killer = setTimeout(() => {
      logger.error({ limitMs: closeMsMax }, 'did not close in time');
      process.exit(1);
    }, closeMsMax);
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
  // A parent that was killed cannot signal any more: its end is the signal.
  process.on('disconnect', () => onSignal('disconnect'));
}

/** What an operator can act on, in a sentence; null for a fault of ours. */
function sentenceOf(error: unknown): string | null {
  const { code, syscall, address, port, path } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === undefined || syscall === undefined) return null;
  if (code === 'EADDRINUSE') return `Port ${port} on ${address} is in use. Choose another with PORT=...`;
  if (syscall === 'listen' || syscall === 'getaddrinfo') return `Cannot listen at ${address ?? 'HOST'}: ${code}.`;
  return `Cannot ${syscall} ${path ?? ''}: ${code}.`;
}

import { pino } from 'pino';

/** JSON lines: a message and its facts. Secrets and personal data never go into `fields`. */
export type Logger = {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
};

/** Levels in rising order of importance; `silent` writes nothing. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** A logger that writes JSON lines to standard error, so that standard output stays for people. */
export function createLogger(options: { name: string; level: LogLevel }): Logger {
  return pino({ name: options.name, level: options.level, base: { name: options.name } }, pino.destination(2));
}

/** Writes nothing: for tests. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};

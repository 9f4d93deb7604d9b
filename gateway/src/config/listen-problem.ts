import { ConfigError } from '@playgraph/kernel/config';
import { variableOf } from './variable-names.ts';

/** Where something was to listen, and the settings that say so. */
export type ListenAttempt = {
  readonly host: string;
  readonly port: number;
  readonly hostSetting: readonly string[];
  readonly portSetting: readonly string[];
  /** Under which name a setting was written. */
  readonly nameOf: (path: readonly string[]) => string;
};

/** A ConfigError that says which setting to change when `error` is that the address cannot be had; else `error` itself. */
export function toListenProblem(error: unknown, attempt: ListenAttempt): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall !== 'listen' && syscall !== 'getaddrinfo') return error;
  const { host, port, nameOf, portSetting, hostSetting } = attempt;
  if (code === 'EADDRINUSE') {
    const other = `choose another by ${waysOf(portSetting)}`;
    return new ConfigError([`${nameOf(portSetting)}: port ${port} on ${host} is in use by another process; ${other}`]);
  }
  if (code === 'EACCES')
    return new ConfigError([`${nameOf(portSetting)}: this user may not listen on port ${port}; most may from 1024 on`]);
  return new ConfigError([`${nameOf(hostSetting)}: this machine cannot listen at ${host}: ${code}`]);
}

/** `port` has a flag of its own; every setting can be set by its path. */
function waysOf(setting: readonly string[]): string {
  const path = setting.join('.');
  const flag = setting.length === 1 ? `--${path} N` : `--set ${path}=N`;
  return `${flag}, the variable ${variableOf(setting)} or \`${path}\` in the configuration file`;
}

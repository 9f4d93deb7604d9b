import { readFileSync } from 'node:fs';
import { ConfigError } from '@playgraph/kernel/config';
import { runMain } from '@playgraph/server/run-main';
import { type Flags, HELP, parseFlags, UsageError } from './config/flags.ts';
import { followParent } from './follow-parent.ts';

/** The command line cannot be understood, as shells and scripts know it. */
const EXIT_USAGE = 2;
/** It can be understood, and there is nothing to serve with these settings. */
const EXIT_CONFIG = 1;

const flags = readFlags(process.argv.slice(2));
if (flags.show) process.stdout.write(await textOf(flags.show));
else
  await runMain('gateway', async (env) => {
    followParent(env);
    try {
      // Each loaded when it is needed: help and mistakes are answered at once.
      const { loadConfig } = await import('./config.ts');
      const config = loadConfig({ env, flags: flags.settings, configFile: flags.configFile });
      const { startGateway } = await import('./start-gateway.ts');
      return await startGateway(config);
    } catch (error) {
      if (error instanceof ConfigError) endWith(error.problems, EXIT_CONFIG);
      throw error;
    }
  });

/** One line for each problem. */
function endWith(problems: readonly string[], code: number): never {
  for (const problem of problems) process.stderr.write(`playgraph-gateway: ${problem}\n`);
  process.exit(code);
}

function readFlags(args: readonly string[]): Flags {
  try {
    return parseFlags(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    endWith([error.message], EXIT_USAGE);
  }
}

async function textOf(show: 'help' | 'version' | 'settings'): Promise<string> {
  if (show === 'help') return HELP;
  if (show === 'settings') return `${(await import('./config/settings-table.ts')).renderSettings()}\n`;
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return `${version}\n`;
}

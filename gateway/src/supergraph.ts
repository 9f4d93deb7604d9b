import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ApolloGateway, type SupergraphSdlHook } from '@apollo/gateway';
import type { Logger } from '@playgraph/kernel/logger';
import { type DirectiveNode, Kind, parse, print, visit } from 'graphql';

/** How often the supergraph file is looked at for a newer version. */
const WATCH_INTERVAL_MS = 1_000;

/** Where the supergraph comes from: a file that is watched, or the SDL itself. */
export type SupergraphSource = { readonly file: string } | { readonly sdl: string };

/**
 * `ApolloGateway` as the loader: it validates the supergraph, derives the API schema and swaps both when the source
 * changes; a broken newer version is logged and the older one goes on. Its executor is not used.
 */
export function createSupergraphLoader(source: SupergraphSource, logger: Logger): ApolloGateway {
  // It would send metrics to its makers and ask the cloud around it who it is; only an operator may want that.
  process.env.APOLLO_TELEMETRY_DISABLED ??= '1';
  return new ApolloGateway({
    supergraphSdl: (options) => ('sdl' in source ? loadSdl(source.sdl) : loadFile(source.file, options, logger)),
    logger: {
      debug: (message) => logger.debug({}, String(message)),
      info: (message) => logger.debug({}, String(message)),
      warn: (message) => logger.warn({}, String(message)),
      error: (message) => logger.error({}, String(message)),
    },
  });
}

/**
 * The supergraph without `for: SECURITY` on its links. ApolloGateway and the planner refuse features with that
 * purpose; ours are enforced by the owners of the fields (see docs/ARCHITECTURE.md), so that both may load them.
 */
export function withoutSecurityPurpose(supergraphSdl: string): string {
  if (!supergraphSdl.includes('SECURITY')) return supergraphSdl;
  return print(
    visit(parse(supergraphSdl), {
      Directive: (directive) => (isSecurityLink(directive) ? withoutArgument(directive, 'for') : undefined),
    }),
  );
}

async function loadSdl(sdl: string): Promise<{ supergraphSdl: string }> {
  return { supergraphSdl: withoutSecurityPurpose(sdl) };
}

async function loadFile(
  file: string,
  { update }: Parameters<SupergraphSdlHook>[0],
  logger: Logger,
): Promise<{ supergraphSdl: string; cleanup: () => Promise<void> }> {
  const read = async () => withoutSecurityPurpose(await readFile(file, 'utf8'));
  const reload = async () => {
    try {
      update(await read());
      logger.info({ file }, 'supergraph reloaded');
    } catch (error) {
      logger.error({ file, error: String(error) }, 'the newer supergraph is not usable; the older one goes on');
    }
  };
  const supergraphSdl = await read();
  watchFile(file, { interval: WATCH_INTERVAL_MS, persistent: false }, () => void reload());
  return { supergraphSdl, cleanup: async () => unwatchFile(file) };
}

function isSecurityLink(directive: DirectiveNode): boolean {
  return (
    directive.name.value === 'link' &&
    (directive.arguments ?? []).some(
      ({ name, value }) => name.value === 'for' && value.kind === Kind.ENUM && value.value === 'SECURITY',
    )
  );
}

function withoutArgument(directive: DirectiveNode, name: string): DirectiveNode {
  return { ...directive, arguments: (directive.arguments ?? []).filter((argument) => argument.name.value !== name) };
}

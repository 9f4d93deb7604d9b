import { ApolloGateway, type SupergraphSdlHook } from '@apollo/gateway';
import { ConfigError } from '@playgraph/kernel/config';
import type { Logger } from '@playgraph/kernel/logger';
import { createFileSource } from './supergraph/file-source.ts';
import { withoutSecurityPurpose } from './supergraph/security-links.ts';
import { followText, type TextSource } from './supergraph/text-source.ts';
import { createUrlSource, type UrlSourceOptions } from './supergraph/url-source.ts';

/** Where the supergraph comes from: a file that is watched, an address that is polled, or the SDL itself. */
export type SupergraphSource = { readonly file: string } | UrlSourceOptions | { readonly sdl: string };

/**
 * `ApolloGateway` as the loader: it validates the supergraph, derives the API schema and swaps both when the source
 * changes; a broken newer version is logged and the older one goes on. Its executor is not used. `load` rejects with a
 * ConfigError when there is no supergraph to begin with.
 */
export function createSupergraphLoader(
  source: SupergraphSource,
  logger: Logger,
  onUnusable: () => void = () => undefined,
): ApolloGateway {
  // It would send metrics to its makers and ask the cloud around it who it is; only an operator may want that.
  process.env.APOLLO_TELEMETRY_DISABLED ??= '1';
  const loader = new ApolloGateway({
    supergraphSdl: (options) =>
      'sdl' in source
        ? Promise.resolve({ supergraphSdl: withoutSecurityPurpose(source.sdl) })
        : follow(toTextSource(source), options, { logger, onUnusable }),
    logger: {
      debug: (message) => logger.debug({}, String(message)),
      info: (message) => logger.debug({}, String(message)),
      warn: (message) => logger.warn({}, String(message)),
      error: (message) => logger.error({}, String(message)),
    },
  });
  const load = loader.load.bind(loader);
  loader.load = (options) =>
    load(options).catch((error: unknown) => {
      throw error instanceof ConfigError ? error : new ConfigError([`supergraph: ${(error as Error).message}`]);
    });
  return loader;
}

function toTextSource(source: { readonly file: string } | UrlSourceOptions): TextSource {
  return 'file' in source ? createFileSource(source.file) : createUrlSource(source);
}

async function follow(
  source: TextSource,
  { update }: Parameters<SupergraphSdlHook>[0],
  { logger, onUnusable }: { readonly logger: Logger; readonly onUnusable: () => void },
) {
  const { first, stop } = await followText(source, {
    what: 'supergraph',
    apply: (sdl) => update(withoutSecurityPurpose(sdl)),
    logger,
    onUnusable,
  });
  try {
    return { supergraphSdl: withoutSecurityPurpose(first), cleanup: async () => stop() };
  } catch (error) {
    stop();
    throw error;
  }
}

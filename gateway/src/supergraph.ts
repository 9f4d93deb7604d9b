import { ApolloGateway, type SupergraphSdlHook } from '@apollo/gateway';
import { ConfigError } from '@playgraph/kernel/config';
import type { Logger } from '@playgraph/kernel/logger';
import { createFileSource } from './supergraph/file-source.ts';
import { findForeignLabels, refuseUnservable } from './supergraph/refuse-unservable.ts';
import { withoutSecurityPurpose } from './supergraph/security-links.ts';
import { followText, type TextSource } from './supergraph/text-source.ts';
import { createUrlSource, type UrlSourceOptions } from './supergraph/url-source.ts';
import { explainSupergraph } from './supergraph/what-it-is.ts';

/** Where the supergraph comes from: a file that is watched, an address that is polled, or the SDL itself. */
export type SupergraphSource = { readonly file: string } | UrlSourceOptions | { readonly sdl: string };

/**
 * `ApolloGateway` as the loader: it validates the supergraph, derives the API schema and swaps both when the source
 * changes; a broken newer version is logged and the older one goes on. Its executor is not used. `load` rejects with a
 * ConfigError when there is no supergraph to begin with, or when a listener throws at it.
 */
export function createSupergraphLoader(
  source: SupergraphSource,
  logger: Logger,
  onUnusable: () => void = () => undefined,
): ApolloGateway {
  // It would send metrics to its makers and ask the cloud around it who it is; only an operator may want that.
  process.env.APOLLO_TELEMETRY_DISABLED ??= '1';
  const attempt: Attempt = { place: '', sdl: null, failure: null };
  const loader = new ApolloGateway({
    supergraphSdl: (options) => readSupergraph(source, options, { attempt, logger, onUnusable }),
    logger: {
      debug: (message) => logger.debug({}, String(message)),
      info: (message) => logger.debug({}, String(message)),
      warn: (message) => logger.warn({}, String(message)),
      // What it could not do is thrown, or told by `followText`, in a sentence.
      error: (message) => logger.debug({}, String(message)),
    },
  });
  const subscribe = loader.onSchemaLoadOrUpdate.bind(loader);
  loader.onSchemaLoadOrUpdate = (listener) =>
    subscribe((schemas) => {
      try {
        listener(schemas);
      } catch (error) {
        // The loader logs it and goes on; a version that cannot be served is no version.
        attempt.failure ??= error;
        throw error;
      }
    });
  const load = loader.load.bind(loader);
  loader.load = async (options) => {
    try {
      const loaded = await load(options);
      throwFailure(attempt);
      return loaded;
    } catch (error) {
      await loader.stop().catch(() => undefined);
      throw error instanceof ConfigError ? error : new ConfigError([`supergraph: ${sentenceOf(attempt, error)}`]);
    }
  };
  return loader;
}

/** The version that is being loaded. */
type Attempt = {
  /** Where it comes from, for people; empty when it was given as such. */
  place: string;
  /** Null as long as there is none. */
  sdl: string | null;
  /** What a listener has thrown at it. */
  failure: unknown;
};

type Follow = { readonly attempt: Attempt; readonly logger: Logger; readonly onUnusable: () => void };

async function readSupergraph(
  source: SupergraphSource,
  { update }: Parameters<SupergraphSdlHook>[0],
  { attempt, logger, onUnusable }: Follow,
) {
  const toLoadable = (sdl: string): string => {
    attempt.sdl = sdl;
    attempt.failure = null;
    refuseUnservable(sdl);
    const labels = findForeignLabels(sdl);
    if (labels.length > 0) logger.warn({ labels }, 'labels of @override that are no percentage never hold');
    return withoutSecurityPurpose(sdl);
  };
  if ('sdl' in source) return { supergraphSdl: toLoadable(source.sdl) };
  const followed = toTextSource(source);
  const { first, stop } = await followText(followed, {
    what: 'supergraph',
    apply: (sdl) => {
      try {
        update(toLoadable(sdl));
        throwFailure(attempt);
      } catch (error) {
        throw error instanceof ConfigError ? error : new Error(explainSupergraph(sdl, error));
      }
    },
    logger,
    onUnusable,
  });
  attempt.place = followed.place;
  try {
    return { supergraphSdl: toLoadable(first), cleanup: async () => stop() };
  } catch (error) {
    stop();
    throw error;
  }
}

function toTextSource(source: { readonly file: string } | UrlSourceOptions): TextSource {
  return 'file' in source ? createFileSource(source.file) : createUrlSource(source);
}

function throwFailure({ failure }: Attempt): void {
  if (failure !== null) throw failure;
}

/** A source that cannot be read says so itself; a text that is no supergraph does not. */
function sentenceOf({ place, sdl }: Attempt, error: unknown): string {
  if (sdl === null) return (error as Error).message;
  return [place, explainSupergraph(sdl, error)].filter(Boolean).join(': ');
}

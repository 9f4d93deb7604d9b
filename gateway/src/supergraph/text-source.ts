import type { Logger } from '@playgraph/kernel/logger';

/** A text that lies somewhere else and may get newer versions. */
export type TextSource = {
  /** Where it is, for people; without secrets. */
  readonly place: string;
  /** The text now. @throws Error whose message says in a sentence why it cannot be had. */
  read(): Promise<string>;
  /** Reads again and again until the returned function is called; a failure is told and does not end it. */
  watch(listener: TextListener): () => void;
};

export type TextListener = {
  onText(text: string): void;
  onFailure(error: unknown): void;
};

export type FollowedText = { readonly first: string; stop(): void };

/**
 * The text now, and `apply` for every other one that follows. A newer text that cannot be read, or that `apply` throws
 * at, is logged and leaves the older one in force. @throws as `read` does, when there is no first text.
 */
export async function followText(
  source: TextSource,
  deps: {
    readonly what: string;
    readonly apply: (text: string) => void;
    readonly logger: Logger;
    readonly onUnusable?: () => void;
  },
): Promise<FollowedText> {
  const fields = { what: deps.what, from: source.place };
  const first = await source.read();
  let current = first;
  let failure: string | null = null;
  const onFailure = (error: unknown) => {
    // What fails at every look is told once.
    if (String(error) === failure) return;
    failure = String(error);
    deps.onUnusable?.();
    deps.logger.error({ ...fields, error: failure }, 'a newer version is not usable; the older one goes on');
  };
  const stop = source.watch({
    onFailure,
    onText: (text) => {
      if (text === current) {
        failure = null;
        return;
      }
      try {
        deps.apply(text);
        current = text;
        failure = null;
        deps.logger.info(fields, 'reloaded');
      } catch (error) {
        onFailure(error);
      }
    },
  });
  return { first, stop };
}

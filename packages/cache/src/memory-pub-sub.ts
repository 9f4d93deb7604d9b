import type { PubSub } from './hot-store.ts';

type Listener = { readonly hear: (message: string) => void };

/**
 * Messages within this process. A publish made by a listener is delivered after the one that it answers, so every
 * listener of a channel hears the same order. A listener that throws is reported as a process warning; the others and
 * the publisher do not notice.
 */
export function createMemoryPubSub(): PubSub & { clear(): void } {
  const listenersByChannel = new Map<string, Set<Listener>>();
  const waiting: { readonly channel: string; readonly message: string }[] = [];
  let isDelivering = false;

  const deliverAll = (): void => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      // Copied: whoever subscribes or unsubscribes while hearing does not disturb this message.
      for (const listener of [...(listenersByChannel.get(next.channel) ?? [])]) {
        if (listenersByChannel.get(next.channel)?.has(listener)) hearSafely(listener, next.message);
      }
    }
  };

  return {
    async publish(channel, message) {
      if (!listenersByChannel.has(channel)) return;
      waiting.push({ channel, message });
      if (isDelivering) return;
      isDelivering = true;
      try {
        deliverAll();
      } finally {
        isDelivering = false;
      }
    },
    async subscribe(channel, hear) {
      const listener = { hear };
      const listeners = listenersByChannel.get(channel) ?? new Set();
      listenersByChannel.set(channel, listeners.add(listener));
      return async () => {
        listeners.delete(listener);
        if (listeners.size === 0 && listenersByChannel.get(channel) === listeners) listenersByChannel.delete(channel);
      };
    },
    clear: () => listenersByChannel.clear(),
  };
}

function hearSafely(listener: Listener, message: string): void {
  try {
    listener.hear(message);
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : new Error(String(error)));
  }
}

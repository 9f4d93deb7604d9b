import { getEventListeners } from 'node:events';
import {
  type AbortListener,
  type CancelSignal,
  LeanAbortController,
  toAbortSignal,
  unwatchAbort,
  watchAbort,
} from '@playgraph/server/watch-abort';
import { expect, onTestFinished, test } from 'vitest';

type Controller = { readonly signal: CancelSignal; abort(reason?: unknown): void };

const kinds: readonly [string, () => Controller][] = [
  ['lean', () => new LeanAbortController()],
  ["Node's", () => new AbortController()],
];

/** Listeners that note their names in `told`, in turn. */
function createListeners() {
  const told: string[] = [];
  const named = (name: string, then: () => void = () => undefined): AbortListener => ({
    onAbort() {
      told.push(name);
      then();
    },
  });
  return { told, named };
}

test.each(kinds)('whoever listens to a %s signal is told once, in the order of coming', (_name, create) => {
  const { told, named } = createListeners();
  const controller = create();
  for (const name of ['a', 'b', 'c', 'd']) watchAbort(controller.signal, named(name));
  expect(told).toEqual([]);
  controller.abort();
  controller.abort();
  expect(told).toEqual(['a', 'b', 'c', 'd']);
});

test.each(kinds)('who listens twice to a %s signal is told once, and gone when taken off once', (_name, create) => {
  const { told, named } = createListeners();
  const [controller, other] = [create(), create()];
  const [first, second, third] = [named('first'), named('second'), named('third')];
  for (const listener of [first, first, second, second, third, third]) {
    watchAbort(controller.signal, listener);
    watchAbort(other.signal, listener);
  }
  controller.abort();
  expect(told.splice(0)).toEqual(['first', 'second', 'third']);
  unwatchAbort(other.signal, first);
  unwatchAbort(other.signal, third);
  other.abort();
  expect(told).toEqual(['second']);
});

test.each(kinds)(
  'who is taken off a %s signal is not told, and those who come later keep their turn',
  (_name, create) => {
    const { told, named } = createListeners();
    const { signal, abort } = bound(create());
    const [first, second, third] = [named('first'), named('second'), named('third')];
    watchAbort(signal, first);
    watchAbort(signal, second);
    unwatchAbort(signal, first);
    watchAbort(signal, third);
    watchAbort(signal, first);
    unwatchAbort(signal, named('a stranger'));
    abort();
    expect(told).toEqual(['second', 'third', 'first']);
  },
);

test.each(kinds)('who is taken off a %s signal while others are told is not told any more', (_name, create) => {
  const { told, named } = createListeners();
  const { signal, abort } = bound(create());
  const [third, fourth] = [named('third'), named('fourth')];
  watchAbort(
    signal,
    named('first', () => unwatchAbort(signal, third)),
  );
  watchAbort(
    signal,
    named('second', () => unwatchAbort(signal, fourth)),
  );
  watchAbort(signal, third);
  watchAbort(signal, fourth);
  watchAbort(signal, named('last'));
  abort();
  expect(told).toEqual(['first', 'second', 'last']);
});

test.each(kinds)('who comes to a %s signal while others are told, or after that, is not told', (_name, create) => {
  const { told, named } = createListeners();
  const { signal, abort } = bound(create());
  watchAbort(
    signal,
    named('first', () => watchAbort(signal, named('too late'))),
  );
  watchAbort(signal, named('second'));
  abort();
  watchAbort(signal, named('much too late'));
  abort();
  expect([told, signal.aborted]).toEqual([['first', 'second'], true]);
});

test.each(kinds)(
  'who aborts a %s signal again while others are told changes neither reason nor turns',
  (_name, create) => {
    const { told, named } = createListeners();
    const { signal, abort } = bound(create());
    const reason = new Error('the first reason');
    watchAbort(
      signal,
      named('first', () => abort(new Error('another one'))),
    );
    watchAbort(signal, named('second'));
    abort(reason);
    expect([told, signal.reason]).toEqual([['first', 'second'], reason]);
    expect(() => signal.throwIfAborted()).toThrow(reason);
  },
);

test.each(kinds)('a listener of a %s signal that throws keeps it from nobody else', async (_name, create) => {
  const { told, named } = createListeners();
  const { signal, abort } = bound(create());
  const thrown = catchThrown();
  const failing = (name: string) =>
    named(name, () => {
      throw new Error(name);
    });
  for (const name of ['first', 'second']) watchAbort(signal, failing(name));
  watchAbort(signal, named('third'));
  abort();
  expect(told).toEqual(['first', 'second', 'third']);
  await expect.poll(() => thrown).toEqual(['first', 'second']);
});

test.each(kinds)('a %s signal that has not aborted throws nothing and has no reason', (_name, create) => {
  const { signal, abort } = bound(create());
  signal.throwIfAborted();
  expect([signal.aborted, signal.reason]).toEqual([false, undefined]);
  abort();
  expect([signal.aborted, signal.reason]).toMatchObject([true, { name: 'AbortError' }]);
});

test("however many listen to one of Node's signals, it has one listener, and none when they have left", () => {
  const { signal } = new AbortController();
  const listeners = Array.from({ length: 20 }, () => ({ onAbort: () => undefined }));
  for (const listener of listeners) watchAbort(signal, listener);
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  for (const listener of listeners) unwatchAbort(signal, listener);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  for (const listener of listeners) watchAbort(signal, listener);
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
});

test.each(kinds)("a signal of Node's made of a %s one aborts with it, for the same reason", (_name, create) => {
  const { told, named } = createListeners();
  const { signal, abort } = bound(create());
  const native = toAbortSignal(signal);
  native.addEventListener('abort', () => told.push('native'), { once: true });
  watchAbort(native, named('watched'));
  expect(native).toBeInstanceOf(AbortSignal);
  expect(native.aborted).toBe(false);
  const reason = new Error('gone');
  abort(reason);
  expect([told, native.reason]).toEqual([['native', 'watched'], reason]);
  // Also when it has aborted before.
  const later = toAbortSignal(signal);
  expect([later.aborted, later.reason]).toEqual([true, reason]);
});

function bound(controller: Controller) {
  return { signal: controller.signal, abort: (reason?: unknown) => controller.abort(reason) };
}

/** The messages of what is thrown and caught by nobody, in place of the end of the process. */
function catchThrown(): string[] {
  const thrown: string[] = [];
  const others = process.listeners('uncaughtException');
  const note = (error: Error) => void thrown.push(error.message);
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', note);
  onTestFinished(() => {
    process.removeListener('uncaughtException', note);
    for (const other of others) process.on('uncaughtException', other);
  });
  return thrown;
}

import { BATCH_BYTES_MAX, BATCH_MAX } from './batch-format.ts';
import { type BatchElement, type FramedElement, frameOf } from './request-batch.ts';
import type { Cancellable } from './subgraph-pool.ts';

/** Gathers the operations of one turn of the event loop and sends them together. */
export type BatchCollector = {
  /** Sends `element` with what else comes in this turn. Cancelling the last that is open stops the HTTP request. */
  add(element: BatchElement): Cancellable;
};

/** Sends one group. A group of one is no batch. */
export type SendGroup = (elements: readonly [FramedElement, ...FramedElement[]]) => Cancellable;

/** Whoever is over wants no outcome any more: it had one, or it left. */
type Entry = { readonly element: BatchElement; isOver: boolean; onCancel: () => void };
type FramedEntry = { readonly entry: Entry; readonly frame: string; readonly bytes: number };

/**
 * `send` gets groups of at most BATCH_MAX elements and BATCH_BYTES_MAX bytes; a larger element is a group of its own. A
 * turn ends when the events that are there have been handled, so that requests of several clients meet in one body.
 */
export function createBatchCollector(send: SendGroup): BatchCollector {
  let entries: Entry[] = [];
  const flush = (): void => {
    const open = entries.filter(({ isOver }) => !isOver);
    entries = [];
    for (const group of splitBySize(open.map(withFrame))) sendGroup(group, send);
  };
  return {
    add(element) {
      const entry: Entry = { element, isOver: false, onCancel: () => undefined };
      if (entries.length === 0) setImmediate(flush);
      entries.push(entry);
      return {
        cancel() {
          if (entry.isOver) return;
          entry.isOver = true;
          entry.onCancel();
        },
      };
    },
  };
}

function withFrame(entry: Entry): FramedEntry {
  const frame = frameOf(entry.element);
  return { entry, frame, bytes: Buffer.byteLength(frame) };
}

function splitBySize(entries: readonly FramedEntry[]): [FramedEntry, ...FramedEntry[]][] {
  const groups: [FramedEntry, ...FramedEntry[]][] = [];
  let room = 0;
  for (const entry of entries) {
    const last = groups.at(-1);
    if (last && last.length < BATCH_MAX && entry.bytes <= room) last.push(entry);
    else {
      groups.push([entry]);
      room = BATCH_BYTES_MAX;
    }
    room -= entry.bytes;
  }
  return groups;
}

function sendGroup(entries: readonly [FramedEntry, ...FramedEntry[]], send: SendGroup): void {
  let open = entries.length;
  let hasLeavers = false;
  let request: Cancellable | null = null;
  // When all were answered the connection is good for the next; what is left for leavers only is not waited for.
  const leave = (): void => {
    open--;
    if (open === 0 && hasLeavers) request?.cancel();
  };
  const watched = ({ entry, frame }: FramedEntry): FramedElement => {
    entry.onCancel = () => {
      hasLeavers = true;
      leave();
    };
    const { element } = entry;
    const onOutcome: BatchElement['onOutcome'] = (outcome) => {
      if (entry.isOver) return;
      entry.isOver = true;
      element.onOutcome(outcome);
      // The rest of what is too large is not wanted.
      if ('kind' in outcome && outcome.kind === 'TOO_LARGE') hasLeavers = true;
      leave();
    };
    return { body: element.body, marks: element.marks, frame, onOutcome };
  };
  const [first, ...more] = entries;
  request = send([watched(first), ...more.map(watched)]);
}

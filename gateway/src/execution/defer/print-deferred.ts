import type { GraphQLCompositeType, GraphQLFormattedError } from 'graphql';
import type { IncrementalAnswer } from '../../client-request.ts';
import type { CompiledPlan, DeferredBlock } from '../compile-plan.ts';
import type { CompileOptions, ExecutionInput } from '../compiled-operation.ts';
import { createWriteRun, type PrintedParts, type Printer } from '../print-response.ts';
import { FRAGMENT_PREFIX } from '../rewrites.ts';
import type { Run } from '../run.ts';
import type { WriteRun } from '../writer/write-run.ts';
import { compilePart, findObject, type WritePart } from './compile-part.ts';
import type { Deferral } from './deferral.ts';
import {
  compileFindParts,
  type DeferredFragment,
  type DeferredPart,
  mayDefer,
  type PartContext,
} from './find-parts.ts';
import { markDeferred } from './mark-deferred.ts';
import { createPartErrors, type PartErrors } from './part-errors.ts';

/** A run whose first part is there. */
type Delivery = {
  readonly run: Run;
  readonly input: ExecutionInput;
  readonly deferral: Deferral;
  /** @throws what ended the run. */
  readonly check: () => void;
};

/** Delivers a run in parts, of which the first is printed; null when nothing comes later. */
export type DeferredPrinter = { deliver(first: PrintedParts, delivery: Delivery): IncrementalAnswer | null };

/**
 * Incremental delivery as of 2022-08-24: the first part has `data` and `hasNext`; each later one has `incremental`, a list
 * of `{ data, path, label?, errors? }`, and `hasNext`. What each part holds follows from the client's document alone; the
 * plan says only when it is there.
 */
export function createDeferredPrinter(options: CompileOptions, plan: CompiledPlan, printer: Printer): DeferredPrinter {
  const marks = markDeferred(options.operation.document);
  return {
    deliver({ data: written, errors: all }, delivery) {
      const { run, input } = delivery;
      const data = written?.toString();
      const context = { ...printer.contextFor(run.variables), marks };
      const { selectionSet } = options.operation.definition;
      const place = { type: printer.rootType, selectionSets: [selectionSet], position: plan.root, keys: [] };
      const printed: unknown = data === undefined ? null : JSON.parse(data);
      const found = compileFindParts(context, place)(run.root, { printed, path: [], planPath: [], run });
      if (found.length === 0) return null;
      written?.discard();
      const partErrors = createPartErrors(context);
      const errors = partErrors.take(all, { path: [], selectionSet, data });
      const head = errors.length > 0 ? `"errors":${JSON.stringify(errors)},` : '';
      const extensions = input.extensions?.();
      const tail = extensions ? `,"extensions":${JSON.stringify(extensions)}` : '';
      const initial = Buffer.from(`{${head}"data":${data ?? 'null'}${tail},"hasNext":true}`);
      const { blocks } = plan;
      return { initial, rest: deliverRest(found, { ...delivery, blocks, printer, context, partErrors }) };
    },
  };
}

type Rest = Delivery & {
  readonly blocks: readonly DeferredBlock[];
  readonly printer: Printer;
  readonly context: PartContext;
  readonly partErrors: PartErrors;
};

/** What one fragment brings at one place of the plan, for each object there. */
type Group = { readonly parts: DeferredPart[]; readonly isReady: Promise<void> };

async function* deliverRest(found: readonly DeferredPart[], rest: Rest): AsyncGenerator<Buffer, void, void> {
  const waiting = new Map<string, Group>();
  const seen = new Set<string>();
  addParts(waiting, found, { rest, seen });
  while (waiting.size > 0) {
    const [key, group] = await Promise.race(
      [...waiting].map(async (entry) => {
        await entry[1].isReady;
        return entry;
      }),
    );
    rest.check();
    waiting.delete(key);
    const items = printGroup(group, rest);
    // A part makes sense only after the part that it belongs to.
    addParts(
      waiting,
      items.flatMap(({ inner }) => inner),
      { rest, seen },
    );
    const texts = items.map(({ text }) => text);
    yield Buffer.from(`{"incremental":[${texts.join(',')}],"hasNext":${waiting.size > 0}}`);
  }
}

/** Adds parts that were not seen before to what is waited for. */
function addParts(
  waiting: Map<string, Group>,
  parts: readonly DeferredPart[],
  { rest, seen }: { readonly rest: Rest; readonly seen: Set<string> },
): void {
  for (const part of parts) {
    const { fragment, path } = part;
    const identity = JSON.stringify([fragment.id, path]);
    if (seen.has(identity)) continue;
    seen.add(identity);
    const key = JSON.stringify([fragment.id, fragment.keys]);
    const known = waiting.get(key);
    if (known) {
      known.parts.push(part);
      continue;
    }
    const isReady = whenReady(fragment, rest);
    // The client may go before anybody waits for it.
    isReady.catch(() => undefined);
    waiting.set(key, { parts: [part], isReady });
  }
}

async function whenReady({ id, keys }: DeferredFragment, { blocks, deferral }: Rest): Promise<void> {
  const path = JSON.stringify(keys);
  const there = blocks.filter((block) => JSON.stringify(keysOf(block)) === path);
  // A block without a label may be of any fragment there; where the plan has none, it brings the part with another.
  const own = there.filter(({ label }) => label === undefined || label === id);
  await Promise.all((own.length > 0 ? own : blocks).map((block) => deferral.done(block)));
}

/** The plan keys of a block's path, without type conditions. */
function keysOf({ queryPath }: DeferredBlock): string[] {
  return queryPath.filter((step) => !step.startsWith(FRAGMENT_PREFIX));
}

type PrintedItem = { readonly text: string; readonly inner: readonly DeferredPart[] };

function printGroup({ parts }: Group, rest: Rest): PrintedItem[] {
  const { run, input, printer } = rest;
  const writers = new Map<GraphQLCompositeType, PartWriter>();
  const written = parts.map((part) => {
    const writer = writers.get(part.type) ?? compileWriter(part, rest);
    writers.set(part.type, writer);
    return writePart(part, writer, run);
  });
  const errors = printer.errorsOf(
    run,
    input,
    written.flatMap(({ problems }) => problems),
  );
  return written.map((one) => finishPart(one, errors, rest));
}

type PartWriter = {
  readonly write: WritePart;
  readonly find: ReturnType<typeof compileFindParts>;
};

function compileWriter({ fragment, type }: DeferredPart, { context }: Rest): PartWriter {
  const { selectionSet, position, keys } = fragment;
  return {
    write: compilePart(context, fragment, type),
    find: compileFindParts(context, { type, selectionSets: [selectionSet], position, keys }),
  };
}

type WrittenPart = {
  readonly part: DeferredPart;
  /** As JSON; undefined: null. */
  readonly data: string | undefined;
  readonly problems: WriteRun['problems'];
  readonly findInner: (printed: unknown) => readonly DeferredPart[];
};

function writePart(part: DeferredPart, { write, find }: PartWriter, run: Run): WrittenPart {
  const { path, planPath } = part;
  const writing = createWriteRun(run);
  writing.path.push(...path);
  const object = findObject(part, run);
  const data = object && write(object, writing) ? writing.out.toString() : undefined;
  writing.out.discard();
  const findInner = (printed: unknown) => (object ? find(object, { printed, path, planPath, run }) : []);
  return { part, data, problems: writing.problems, findInner };
}

function finishPart(
  { part, data, findInner }: WrittenPart,
  all: readonly GraphQLFormattedError[],
  { context, partErrors }: Rest,
): PrintedItem {
  const { selectionSet } = part.fragment;
  const errors = partErrors.take(all, { path: part.path, selectionSet, data });
  const inner = data !== undefined && mayDefer(context, selectionSet) ? findInner(JSON.parse(data)) : [];
  return { text: toText(part, { data, errors }), inner };
}

function toText(
  { path, fragment: { label } }: DeferredPart,
  { data, errors }: { readonly data: string | undefined; readonly errors: readonly GraphQLFormattedError[] },
): string {
  const labelled = label === undefined ? '' : `,"label":${JSON.stringify(label)}`;
  const failed = errors.length > 0 ? `,"errors":${JSON.stringify(errors)}` : '';
  return `{"data":${data ?? 'null'},"path":${JSON.stringify(path)}${labelled}${failed}}`;
}

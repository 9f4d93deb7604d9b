import { type GraphQLFormattedError, getOperationAST } from 'graphql';
import type { IncrementalAnswer } from '../../client-request.ts';
import type { CompiledPlan, DeferredBlock } from '../compile-plan.ts';
import type { CompileOptions, ExecutionInput, Variables } from '../compiled-operation.ts';
import { viewOf } from '../objects.ts';
import type { Position } from '../position.ts';
import { createWriteRun, type Printer } from '../print-response.ts';
import type { EntityFetch, Run } from '../run.ts';
import { compileRead, isObject, type JsonObject } from '../view.ts';
import { compileBlock, keysOf, type WriteBlock } from './compile-block.ts';
import type { Deferral } from './deferral.ts';
import { createDelivered, type Delivered } from './delivered.ts';

type Path = readonly (string | number)[];
/** Runs whose first part is there. */
type Delivery = {
  readonly run: Run;
  readonly input: ExecutionInput;
  readonly deferral: Deferral;
  /** @throws what ended the run. */
  readonly check: () => void;
};

/** Delivers a run in parts. */
export type DeferredPrinter = { deliver(delivery: Delivery): IncrementalAnswer };

/**
 * Incremental delivery as of 2022-08-24: the first part has `data` and `hasNext`; each later one has `incremental`, a list
 * of `{ data, path, label?, errors? }`, and `hasNext`.
 */
export function createDeferredPrinter(options: CompileOptions, plan: CompiledPlan, printer: Printer): DeferredPrinter {
  return {
    deliver(delivery) {
      const { data: pieces, errors } = printer.print(delivery.run, delivery.input, true);
      const data = pieces?.join('');
      const delivered = createDelivered(data, errors);
      const head = errors.length > 0 ? `"errors":${JSON.stringify(errors)},` : '';
      const extensions = delivery.input.extensions?.();
      const tail = extensions ? `,"extensions":${JSON.stringify(extensions)}` : '';
      const initial = Buffer.from(`{${head}"data":${data ?? 'null'}${tail},"hasNext":true}`);
      const compile = (block: DeferredBlock) =>
        compileParts(options, block, { plan, printer, variables: delivery.run.variables });
      return { initial, rest: deliverRest(plan.blocks, { ...delivery, printer, delivered, compile }) };
    },
  };
}

type BlockParts = { readonly write: WriteBlock; readonly chain: readonly Position<EntityFetch>[] };

type Rest = Delivery & {
  readonly printer: Printer;
  readonly delivered: Delivered;
  readonly compile: (block: DeferredBlock) => BlockParts | null;
};

async function* deliverRest(blocks: readonly DeferredBlock[], rest: Rest): AsyncGenerator<Buffer, void, void> {
  const waiting = new Set(blocks);
  const sent = new Set<DeferredBlock | null>([null]);
  while (waiting.size > 0) {
    // A part makes sense only after the part that it belongs to.
    const next = [...waiting].filter(({ parent }) => sent.has(parent));
    const block = await Promise.race(next.map((candidate) => rest.deferral.done(candidate).then(() => candidate)));
    rest.check();
    waiting.delete(block);
    sent.add(block);
    const items = (await rest.deferral.done(block)) ? printBlock(block, rest) : [];
    const isLast = waiting.size === 0;
    if (items.length > 0 || isLast) yield printPart(items, isLast);
  }
}

function printPart(items: readonly string[], isLast: boolean): Buffer {
  const incremental = items.length > 0 ? `"incremental":[${items.join(',')}],` : '';
  return Buffer.from(`{${incremental}"hasNext":${!isLast}}`);
}

/** The block's part for each object at its path that the client has. */
function printBlock(block: DeferredBlock, rest: Rest): string[] {
  const parts = rest.compile(block);
  if (!parts) return [];
  const { run, delivered } = rest;
  const keys = keysOf(block).map((key) => rest.printer.labelOf(key));
  return findObjects(run, parts.chain).flatMap(({ object, indexes }) => {
    const path = toPath(keys, indexes);
    if (!delivered.has(path)) return [];
    const writing = createWriteRun(run, {});
    writing.path.push(...path);
    const data = parts.write(object, writing) ? writing.parts.join('') : undefined;
    const errors = delivered.takeErrors(rest.printer.errorsOf(run, rest.input, writing), path);
    delivered.add(path, data);
    return [printItem(block, { data, path, errors })];
  });
}

function printItem(
  { label }: DeferredBlock,
  { data, path, errors }: { data: string | undefined; path: Path; errors: readonly GraphQLFormattedError[] },
): string {
  const labelled = label === undefined ? '' : `,"label":${JSON.stringify(label)}`;
  const failed = errors.length > 0 ? `,"errors":${JSON.stringify(errors)}` : '';
  return `{"data":${data ?? 'null'},"path":${JSON.stringify(path)}${labelled}${failed}}`;
}

function compileParts(
  options: CompileOptions,
  block: DeferredBlock,
  { plan, printer, variables }: { plan: CompiledPlan; printer: Printer; variables: Variables },
): BlockParts | null {
  const chain = [plan.root];
  for (const key of keysOf(block)) {
    const next = chain.at(-1)?.children.get(key);
    if (!next) return null;
    chain.push(next);
  }
  const position = chain.at(-1) ?? plan.root;
  const definition = getOperationAST(options.normalised.document, options.operation.name);
  if (!definition) throw new TypeError('the operation has no definition');
  const at = { position, rootType: printer.rootType, operation: definition.selectionSet };
  return { chain, write: compileBlock(printer.contextFor(variables), block, at) };
}

type FoundObject = { readonly object: JsonObject; readonly indexes: readonly (readonly number[])[] };

/** The objects at the end of a chain of positions, with the list indexes behind each key. */
function findObjects(run: Run, chain: readonly Position<EntityFetch>[]): FoundObject[] {
  const found: FoundObject[] = [];
  const visit = (value: unknown, depth: number, indexes: readonly (readonly number[])[]): void => {
    if (Array.isArray(value)) {
      value.forEach((item, i) => {
        visit(item, depth, [...indexes.slice(0, -1), [...(indexes.at(-1) ?? []), i]]);
      });
      return;
    }
    const position = chain[depth];
    if (!isObject(value) || !position) return;
    const next = chain[depth + 1];
    if (!next) found.push({ object: value, indexes });
    else visit(compileRead(position, next.key)(viewOf(position, value, run)), depth + 1, [...indexes, []]);
  };
  visit(run.root, 0, []);
  return found;
}

function toPath(keys: readonly string[], indexes: readonly (readonly number[])[]): Path {
  return keys.flatMap((key, i) => [key, ...(indexes[i] ?? [])]);
}

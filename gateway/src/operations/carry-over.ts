import type { Logger } from '@playgraph/kernel/logger';
import { type GraphQLSchema, isAbstractType } from 'graphql';
import type { Refusal } from '../client-request.ts';
import type { OperationText, PreparedOperation } from './prepare-operation.ts';
import { describeUsedTypes } from './used-types.ts';
import { warmUp } from './warm-up.ts';

/** One version of the graph, as far as operations move from one to the next. */
export type GraphVersion<Planned, Compiled> = {
  readonly apiSchema: GraphQLSchema;
  readonly supergraphSchema: GraphQLSchema;
  prepare(operation: OperationText): PreparedOperation | Refusal;
  /** @throws when there is no plan. */
  plan(operation: PreparedOperation): Planned;
  /** The plan as plain data. */
  planOf(planned: Planned): object;
  /** What this version has made of the operation already; null when nothing. */
  compiledOf(operation: PreparedOperation): { readonly planned: Planned; readonly compiled: Compiled } | null;
  compile(operation: PreparedOperation, planned: Planned): Compiled;
  /** Whether there is such a form of the operation; of all when absent. */
  isFor?(operation: PreparedOperation): boolean;
  /** What the compiled form depends on beside plan and types, such as rules of access; nothing when absent. */
  rulesOf?(operation: PreparedOperation): string;
  /** From now on `compiled` is what this version has made of the operation. */
  keep(operation: PreparedOperation, made: { readonly planned: Planned; readonly compiled: Compiled }): void;
};

export type CarryOverReport = {
  /** Operations that go on with the very form that they had: nothing about them has changed. */
  readonly carried: readonly PreparedOperation[];
  /** Operations that were planned and compiled anew. */
  readonly replanned: number;
  /** Operations that the newer version refuses or cannot plan. */
  readonly dropped: number;
};

export type CarryOverDeps<Planned, Compiled> = {
  /** Null at the start: then everything is planned anew. */
  readonly from: GraphVersion<Planned, Compiled> | null;
  readonly to: GraphVersion<Planned, Compiled>;
  readonly signal: AbortSignal;
  readonly logger: Logger;
};

/**
 * Makes a newer version ready for the operations of the older one, in the order given (most used first, from
 * `catalogue.mostUsed`). Works in slices, before or after the newer version is in force; never rejects.
 */
export async function carryOver<Planned, Compiled>(
  operations: readonly OperationText[],
  deps: CarryOverDeps<Planned, Compiled>,
): Promise<CarryOverReport> {
  const carried: PreparedOperation[] = [];
  let skipped = 0;
  const warm = (text: OperationText): boolean => {
    const operation = deps.to.prepare(text);
    if ('errors' in operation) return false;
    if (deps.to.isFor?.(operation) === false) {
      skipped += 1;
      return true;
    }
    // A request was faster.
    if (deps.to.compiledOf(operation)) return true;
    const planned = deps.to.plan(operation);
    const old = findUnchanged(text, planned, deps);
    if (old) carried.push(operation);
    deps.to.keep(operation, { planned, compiled: old ?? deps.to.compile(operation, planned) });
    return true;
  };
  const { warmed, failed } = await warmUp(operations, { warm, signal: deps.signal, logger: deps.logger });
  return { carried, replanned: warmed - carried.length - skipped, dropped: failed };
}

/** The older version's compiled form, when plan and types are what they were. */
function findUnchanged<Planned, Compiled>(
  text: OperationText,
  planned: Planned,
  { from, to }: CarryOverDeps<Planned, Compiled>,
): Compiled | null {
  const before = from?.prepare(text);
  if (!from || !before || 'errors' in before) return null;
  const known = from.compiledOf(before);
  if (!known) return null;
  if (from.rulesOf?.(before) !== to.rulesOf?.(before)) return null;
  const was = fingerprint(before, from.planOf(known.planned), from);
  return was === fingerprint(before, to.planOf(planned), to) ? known.compiled : null;
}

type Schemas = { readonly apiSchema: GraphQLSchema; readonly supergraphSchema: GraphQLSchema };

/** A text that is the same when an operation's plan is, and everything that its execution reads off the schemas. */
export function fingerprint(
  { document }: Pick<PreparedOperation, 'document'>,
  plan: object,
  { apiSchema, supergraphSchema }: Schemas,
): string {
  const planText = printPlan(plan);
  return [planText, describeUsedTypes(document, apiSchema), describePlanTypes(planText, supergraphSchema)].join('\n');
}

/** Parsed documents say nothing that their texts do not. */
function printPlan(plan: object): string {
  return JSON.stringify(plan, (key, value) => (key === 'operationDocumentNode' ? undefined : value));
}

const NAME_PATTERN = /[A-Za-z_]\w*/g;

/** Which objects stand behind the abstract types that a plan has conditions on. */
function describePlanTypes(planText: string, schema: GraphQLSchema): string {
  const names = new Set(planText.match(NAME_PATTERN));
  return [...names]
    .sort()
    .flatMap((name) => {
      const type = schema.getType(name);
      if (!isAbstractType(type)) return [];
      return `${name}=${schema
        .getPossibleTypes(type)
        .map((possible) => possible.name)
        .sort()
        .join('|')}`;
    })
    .join(';');
}

import { isExactNumber } from '@playgraph/kernel/exact-json';
import type { Logger } from '@playgraph/kernel/logger';
import type { GraphQLFormattedError } from 'graphql';

/** `pass`: a client reads what a subgraph says; `redact`: it learns the code and the subgraph's name alone. */
export type SubgraphErrorRule = 'pass' | 'redact';

export type SubgraphErrorContext = {
  /** The subgraph's name. */
  readonly subgraph: string;
  readonly rule: SubgraphErrorRule;
  /** In development everything is shown, stacks included, whatever the rule. */
  readonly isDevelopment: boolean;
  readonly logger: Logger;
  readonly correlationId: string;
};

/** What a client may see of an error, without its place: where that is in the whole response the executor knows. */
export type MaskedSubgraphError = Required<Pick<GraphQLFormattedError, 'message' | 'extensions'>>;

const INTERNAL_CODE = 'INTERNAL_SERVER_ERROR';
const INTERNAL_MESSAGE = 'Something went wrong on our side.';
const REDACTED_MESSAGE = 'A part of the graph refused this.';
const UNREADABLE_MESSAGE = 'A part of the graph failed without saying why.';
/** Entries that servers add for their developers: stacks, and what holds one; in lower case, for servers differ. */
const DEBUG_ENTRIES: ReadonlySet<string> = new Set([
  'stacktrace',
  'stack',
  'exception',
  'trace',
  'debug',
  'debugmessage',
  'http',
]);
/** Where a stack begins that a server has made a part of the message. */
const STACK_IN_MESSAGE = /\n[ \t]*at .+:\d+/;
/** How deep entries are looked through for stacks; what is deeper is left out. */
const ENTRY_LEVELS_MAX = 8;

/**
 * The one place that decides what a client may see of a subgraph's error. The code is kept (INTERNAL_SERVER_ERROR when
 * there is none) and `extensions.service` names the subgraph. In production stacks and debugging entries are left out,
 * and so is the message of what a subgraph itself calls an internal error, unless it carries a correlation id: then the
 * subgraph has masked it. What is held back goes to the log. `error` comes from outside: nothing in it is relied on.
 */
export function maskSubgraphError(error: unknown, context: SubgraphErrorContext): MaskedSubgraphError {
  const { message, entries } = readError(error);
  const service = context.subgraph;
  const code = typeof entries.code === 'string' ? entries.code : INTERNAL_CODE;
  if (context.isDevelopment) return { message, extensions: { ...entries, code, service } };
  if (context.rule === 'redact') {
    logHeldBack(message, entries, context);
    const isInternal = code === INTERNAL_CODE;
    return { message: isInternal ? INTERNAL_MESSAGE : REDACTED_MESSAGE, extensions: { code, service } };
  }
  const extensions = { ...withoutDebugEntries(entries, ENTRY_LEVELS_MAX), code, service };
  if (entries.code !== INTERNAL_CODE || typeof entries.correlationId === 'string')
    return { message: withoutStack(message), extensions };
  logHeldBack(message, entries, context);
  return {
    message: INTERNAL_MESSAGE,
    extensions: { code, service, correlationId: context.correlationId },
  };
}

type Entries = Readonly<Record<string, unknown>>;

function withoutStack(message: string): string {
  const { index } = STACK_IN_MESSAGE.exec(message) ?? {};
  return index === undefined ? message : message.slice(0, index);
}

function readError(error: unknown): { message: string; entries: Entries } {
  const { message, extensions } = isEntries(error) ? error : {};
  return {
    message: typeof message === 'string' ? message : UNREADABLE_MESSAGE,
    entries: isEntries(extensions) ? extensions : {},
  };
}

function isEntries(value: unknown): value is Entries {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withoutDebugEntries(entries: Entries, levels: number): Entries {
  const kept = Object.entries(entries).filter(([name]) => !DEBUG_ENTRIES.has(name.toLowerCase()));
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutDebug(value, levels - 1)]));
}

function withoutDebug(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null || isExactNumber(value)) return value;
  if (levels <= 0) return null;
  if (Array.isArray(value)) return value.map((item) => withoutDebug(item, levels - 1));
  return withoutDebugEntries(value as Entries, levels);
}

function logHeldBack(
  message: string,
  extensions: Entries,
  { logger, subgraph, correlationId }: SubgraphErrorContext,
): void {
  logger.error({ subgraph, correlationId, error: message, extensions }, 'a subgraph answered with an error');
}

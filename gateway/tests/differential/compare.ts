import type { GraphQLFormattedError } from 'graphql';

/** A response as it travels. */
export type Answer = {
  readonly data?: unknown;
  readonly errors?: readonly GraphQLFormattedError[] | undefined;
};

export type Expectation = {
  /** What one schema over the same data says. */
  readonly strict: Answer;
  /** What it says when every field may be null: all errors that the operation can meet. */
  readonly lenient: Answer;
};

/**
 * How a federated answer may differ from the one schema's, and in nothing else:
 *
 * 1. `data` is the same text as JSON: values, order of keys, nulls.
 * 2. An error whose own position is in the data (a null there) is in both, once, with the same message. Only the words
 *    for "null where none may be" are free.
 * 3. An error below a null that propagated upwards says why that null is there. There each side may name one or several
 *    reasons, because execution may stop at the first; but both name some, and
 * 4. each of the gateway's is a true one: it is among the errors of the schema where every field may be null, or its
 *    position is null there.
 *
 * Null when all of this holds, else what does not.
 */
export function findDifference(actual: Answer, { strict, lenient }: Expectation): string | null {
  const [expected, got] = [JSON.stringify(strict.data), JSON.stringify(actual.data)];
  if (expected !== got) return 'the data differs';
  const [mine, theirs] = [sortErrors(strict), sortErrors(actual)];
  const visible = describeSets(mine.visible, theirs.visible);
  if (visible) return `the errors differ: ${visible}`;
  const nulls = describeSets(mine.nulls, theirs.nulls);
  if (nulls) return `the reasons of nulls differ: ${nulls}`;
  const untrue = (actual.errors ?? []).find((error) => !isTrue(error, lenient));
  return untrue ? `nobody can have said: ${JSON.stringify(untrue)}` : null;
}

/** In the words of graphql-js, or in a subgraph's, which keeps such a fault of its own to itself. */
const NULL_VIOLATION = /^(Cannot return null for non-nullable|Something went wrong on our side)/;

/** Errors that stand at their own null, as sorted texts, and the nulls that those of the others explain. */
function sortErrors({ data, errors }: Answer): { visible: string[]; nulls: string[] } {
  const visible: string[] = [];
  const nulls = new Set<string>();
  for (const { path = [], message } of errors ?? []) {
    const end = findNull(data, path);
    if (end === path.length && !NULL_VIOLATION.test(message)) visible.push(`${path.join('.')}: ${message}`);
    else nulls.add(path.slice(0, end).join('.'));
  }
  return { visible: visible.sort(), nulls: [...nulls].sort() };
}

/** How many steps of `path` lead to a null in `data`; -1 when they lead to something else, or nowhere. */
function findNull(data: unknown, path: readonly (string | number)[]): number {
  let value = data;
  for (let i = 0; ; i++) {
    if (value === null) return i;
    const step = path[i];
    if (step === undefined || typeof value !== 'object' || !Object.hasOwn(value, step)) return -1;
    value = (value as Record<string | number, unknown>)[step];
  }
}

function describeSets(expected: readonly string[], got: readonly string[]): string | null {
  if (expected.join('\n') === got.join('\n')) return null;
  return JSON.stringify({ expected, got });
}

function isTrue({ path = [], message }: GraphQLFormattedError, lenient: Answer): boolean {
  const at = path.join('.');
  if ((lenient.errors ?? []).some((error) => error.message === message && (error.path ?? []).join('.') === at))
    return true;
  return NULL_VIOLATION.test(message) && findNull(lenient.data, path) >= 0;
}

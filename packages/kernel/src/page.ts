import { badUserInput } from './errors.ts';

/** How many items a list gives when the client does not say. */
export const PAGE_SIZE_DEFAULT = 20;
/** The most items one page can have. */
export const PAGE_SIZE_MAX = 100;
const CURSOR_LENGTH_MAX = 512;

/** Relay's four arguments as GraphQL hands them over. */
export type PageArgs = {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
};

/** A keyset: the values of the sort columns of one row, the id last. */
export type Keyset = readonly (string | number)[];

/** One page to read: `limit` rows on the `direction` side of `keyset` (from the very end when null). */
export type PageRequest = {
  readonly limit: number;
  readonly direction: 'forward' | 'backward';
  readonly keyset: Keyset | null;
};

/** A Relay connection as resolvers return it. */
export type Connection<Node> = {
  readonly edges: readonly { readonly node: Node; readonly cursor: string }[];
  readonly nodes: readonly Node[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
};

/**
 * Checks Relay arguments. Absent `first` and `last` mean the first PAGE_SIZE_DEFAULT.
 * `shape` gives the type of each keyset value, so that a cursor of another list is refused.
 * @throws DomainError BAD_USER_INPUT naming `first`, `last`, `after` or `before`.
 */
export function parsePage(args: PageArgs, shape: readonly ('string' | 'number')[]): PageRequest {
  const { first, last, after, before } = args;
  if (first != null && last != null) throw badUserInput('Give first or last, not both.', 'last');
  if (last != null) {
    if (after != null) throw badUserInput('after goes with first.', 'after');
    return { limit: parseSize(last, 'last'), direction: 'backward', keyset: parseCursor(before, shape, 'before') };
  }
  if (before != null) throw badUserInput('before goes with last.', 'before');
  return {
    limit: parseSize(first ?? PAGE_SIZE_DEFAULT, 'first'),
    direction: 'forward',
    keyset: parseCursor(after, shape, 'after'),
  };
}

/** The opaque cursor of a keyset. */
export function encodeCursor(keyset: Keyset): string {
  return Buffer.from(JSON.stringify(keyset)).toString('base64url');
}

/**
 * Builds a connection from up to `limit + 1` rows in reading order (for `backward` that is from the end towards
 * the start); the extra row only says that there is more.
 */
export function toConnection<Node>(
  rows: readonly Node[],
  page: PageRequest,
  keysetOf: (node: Node) => Keyset,
): Connection<Node> {
  const hasMore = rows.length > page.limit;
  const kept = rows.slice(0, page.limit);
  const nodes = page.direction === 'forward' ? kept : kept.reverse();
  const edges = nodes.map((node) => ({ node, cursor: encodeCursor(keysetOf(node)) }));
  const isForward = page.direction === 'forward';
  return {
    edges,
    nodes,
    pageInfo: {
      hasNextPage: isForward ? hasMore : page.keyset !== null,
      hasPreviousPage: isForward ? page.keyset !== null : hasMore,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

function parseSize(size: number, field: string): number {
  if (!Number.isInteger(size) || size < 0 || size > PAGE_SIZE_MAX) {
    throw badUserInput(`Must be between 0 and ${PAGE_SIZE_MAX}.`, field);
  }
  return size;
}

function parseCursor(
  cursor: string | null | undefined,
  shape: readonly ('string' | 'number')[],
  field: string,
): Keyset | null {
  if (cursor == null) return null;
  const keyset = cursor.length <= CURSOR_LENGTH_MAX ? decodeCursor(cursor) : null;
  const fits = keyset?.length === shape.length && keyset.every((value, i) => typeof value === shape[i]);
  if (!keyset || !fits) throw badUserInput('Not a cursor of this list.', field);
  return keyset as Keyset;
}

function decodeCursor(cursor: string): unknown[] | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

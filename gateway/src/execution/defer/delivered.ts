import type { GraphQLFormattedError } from 'graphql';
import { type MutableObject, mergeInto } from '../merge.ts';
import { isObject } from '../view.ts';

type Path = readonly (string | number)[];

/** What the client has of an answer that comes in parts. */
export type Delivered = {
  /** Whether the client has an object at `path`: a part for one that became null would stand nowhere. */
  has(path: Path): boolean;
  /** Adds a part, printed; undefined for null. */
  add(path: Path, data: string | undefined): void;
  /** Those of `errors` that lie at or below `path` and were not given before. */
  takeErrors(errors: readonly GraphQLFormattedError[], path: Path): GraphQLFormattedError[];
};

/** `data` and `errors` are those of the first part. */
export function createDelivered(data: string | undefined, errors: readonly GraphQLFormattedError[]): Delivered {
  const root: unknown = data === undefined ? null : JSON.parse(data);
  const given = new Set(errors.map((error) => JSON.stringify(error)));
  return {
    has: (path) => isObject(find(root, path)),
    add(path, part) {
      const target = find(root, path);
      if (part !== undefined && isObject(target)) mergeInto(target as MutableObject, JSON.parse(part));
    },
    takeErrors(all, path) {
      const taken = all.filter((error) => startsWith(error.path ?? [], path) && !given.has(JSON.stringify(error)));
      for (const error of taken) given.add(JSON.stringify(error));
      return taken;
    },
  };
}

function find(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) => (value as Record<string | number, unknown> | null | undefined)?.[step],
    root,
  );
}

function startsWith(path: Path, prefix: Path): boolean {
  return prefix.every((step, i) => path[i] === step);
}

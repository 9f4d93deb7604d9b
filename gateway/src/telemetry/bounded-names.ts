/** What stands for every name that is not told apart. */
export const OTHER = 'other';
/** How many operations are told apart by name; those that come later share one. */
export const OPERATION_NAMES_MAX = 200;
/** How many error codes are told apart. */
export const CODES_MAX = 100;

const NAME_CHARS_MAX = 80;
const NAME_PATTERN = /^[A-Za-z_][\w.-]*$/;

/** Names that come from outside, as the values of a label: never more of them than promised. */
export type BoundedNames = {
  /** The name itself, or `OTHER` when it is too long, not plain, or one too many. */
  of(name: string): string;
};

/**
 * Tells the first `max` names apart, for as long as the process runs: a label whose values come and go would make new
 * time series without end. `known` names have their places from the start, so that nobody can use them up.
 */
export function createBoundedNames(max: number, known: Iterable<string> = []): BoundedNames {
  const names = new Set<string>();
  const of = (name: string): string => {
    if (names.has(name)) return name;
    if (names.size >= max || name.length > NAME_CHARS_MAX || !NAME_PATTERN.test(name)) return OTHER;
    names.add(name);
    return name;
  };
  for (const name of known) of(name);
  return { of };
}

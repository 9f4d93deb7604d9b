/** Settings as they were written, before anything is checked: objects within objects. */
export type SettingsTree = { [key: string]: unknown };

/** The value at `path` is `value`; what stands in the way is replaced. */
export function setAt(tree: SettingsTree, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) {
    define(tree, key, value);
    return;
  }
  const inner = Object.hasOwn(tree, key) ? tree[key] : undefined;
  const next: SettingsTree = isTree(inner) ? inner : {};
  define(tree, key, next);
  setAt(next, rest, value);
}

/** `over` laid on `under`: objects are joined key by key, anything else of `over` stands. */
export function overlay(under: SettingsTree, over: SettingsTree): SettingsTree {
  const joined: SettingsTree = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = Object.hasOwn(under, key) ? under[key] : undefined;
    define(joined, key, isTree(value) && isTree(below) ? overlay(below, value) : value);
  }
  return joined;
}

/** Every value that is not an object, with its path. */
export function leavesOf(
  tree: SettingsTree,
  path: readonly string[] = [],
): [path: readonly string[], value: unknown][] {
  return Object.entries(tree).flatMap(([key, value]): [readonly string[], unknown][] =>
    isTree(value) ? leavesOf(value, [...path, key]) : [[[...path, key], value]],
  );
}

export function isTree(value: unknown): value is SettingsTree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A key such as `__proto__` is a key like any other. */
function define(tree: SettingsTree, key: string, value: unknown): void {
  Object.defineProperty(tree, key, { value, enumerable: true, configurable: true, writable: true });
}

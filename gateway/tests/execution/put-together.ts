type Path = readonly (string | number)[];
type Item = {
  readonly data: unknown;
  readonly path: Path;
  readonly label?: string;
  readonly errors?: readonly object[];
};
/** A part of an answer, as a client reads it. */
export type Part = {
  readonly data?: unknown;
  readonly errors?: readonly object[];
  readonly incremental?: readonly Item[];
  readonly hasNext?: boolean;
};

/** What a client has when all parts are there. @throws where a part stands at something that it does not have. */
export function putTogether([first, ...rest]: readonly Part[]): { readonly data: unknown; readonly errors: object[] } {
  const data = structuredClone(first?.data);
  const errors = [...(first?.errors ?? [])];
  for (const item of rest.flatMap(({ incremental }) => incremental ?? [])) {
    errors.push(...(item.errors ?? []));
    const target = item.path.reduce<unknown>((value, step) => (value as Record<string | number, unknown>)[step], data);
    if (typeof target !== 'object' || target === null) throw new TypeError(`nothing stands at ${item.path.join('.')}`);
    if (item.data !== null) add(target, item.data as object);
  }
  return { data, errors };
}

function add(target: object, source: object): void {
  for (const [key, value] of Object.entries(source)) {
    const known = Object.hasOwn(target, key) ? (target as Record<string, unknown>)[key] : undefined;
    if (isObject(known) && isObject(value)) add(known, value);
    else if (known === undefined || value !== null) {
      Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
    }
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

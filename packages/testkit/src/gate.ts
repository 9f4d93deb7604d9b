/** Something that happens once: `opened` resolves when `open` is called. What a test waits on instead of sleeping. */
export type Gate = { readonly opened: Promise<void>; open(): void };

/** A gate that nobody opened yet. */
export function createGate(): Gate {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

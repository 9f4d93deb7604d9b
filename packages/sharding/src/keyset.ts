/** How a list goes: by the column `key`, rows with the same key by the column `id`. */
export type KeysetOrder = { readonly key: string; readonly id: string; readonly isUpwards: boolean };

/** The Prisma condition for the rows strictly beyond the place `(value, id)` of a list. */
export function beyondKeyset(order: KeysetOrder, value: unknown, id: string): object {
  const [beyond, from] = order.isUpwards ? (['gt', 'gte'] as const) : (['lt', 'lte'] as const);
  // The first condition says nothing new, but it alone can be read off the index.
  return {
    AND: [
      { [order.key]: { [from]: value } },
      { OR: [{ [order.key]: { [beyond]: value } }, { [order.key]: value, [order.id]: { [beyond]: id } }] },
    ],
  };
}

/** Prisma's `orderBy` of the list. */
export function orderByKeyset(order: KeysetOrder): { [column: string]: 'asc' | 'desc' }[] {
  const direction = order.isUpwards ? 'asc' : 'desc';
  return [{ [order.key]: direction }, { [order.id]: direction }];
}

/** The items by key; groups and the items in them keep their order. */
export function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** Each item by its key; of items with the same key the last. */
export function keyBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item> {
  return new Map(items.map((item) => [keyOf(item), item]));
}

/** The items in their order, cut into pieces of `size` items; the last one may be shorter. @throws RangeError below 1. */
export function chunksOf<Item>(items: readonly Item[], size: number): Item[][] {
  if (size < 1) throw new RangeError('a chunk has at least one item');
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

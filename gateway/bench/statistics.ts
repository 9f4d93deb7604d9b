/** The value below which `share` (0 to 1) of the sorted values lie, by nearest rank; NaN of nothing. */
export function percentile(sorted: Readonly<ArrayLike<number>>, share: number): number {
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

/** The middle of the values (the lower one of two); NaN of nothing. */
export function median(values: readonly number[]): number {
  return percentile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}

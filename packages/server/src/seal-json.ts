/**
 * A response of graphql-js that nobody can change any more. The objects that graphql-js made are frozen as they are;
 * lists, and what a resolver gave as the value of a custom scalar, are copied as JSON would print them: they may belong
 * to the subgraph.
 */
export function sealJson<Value>(value: Value): Value {
  return seal(value) as Value;
}

function seal(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('toJSON' in value && typeof value.toJSON === 'function') return seal(value.toJSON());
  if (Array.isArray(value)) return Object.freeze(value.map(seal));
  const owned = Object.getPrototypeOf(value) === null ? (value as Record<string, unknown>) : { ...value };
  for (const [name, member] of Object.entries(owned)) {
    if (typeof member === 'object' && member !== null) owned[name] = seal(member);
  }
  return Object.freeze(owned);
}

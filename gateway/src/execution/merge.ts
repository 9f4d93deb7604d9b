/** A JSON object of a response under construction. */
export type ResponseObject = Record<string, unknown>;

/**
 * Merges what a fetch brought into what is there: objects by field, lists item by item, anything else replaces.
 * A null from a later fetch never wipes out an object that an earlier one brought.
 */
export function mergeInto(target: ResponseObject, source: ResponseObject): void {
  for (const [key, value] of Object.entries(source)) {
    if (value === undefined || key === '__proto__') continue;
    target[key] = mergeValue(target[key], value);
  }
}

/** True for a JSON object: neither a list nor null. */
export function isObject(value: unknown): value is ResponseObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mergeValue(present: unknown, incoming: unknown): unknown {
  if (isObject(present)) {
    if (isObject(incoming)) mergeInto(present, incoming);
    return present;
  }
  if (Array.isArray(present) && Array.isArray(incoming)) {
    incoming.forEach((item, i) => {
      present[i] = mergeValue(present[i], item);
    });
    return present;
  }
  return incoming;
}

import { ExactNumber, printExact } from '@playgraph/kernel/exact-json';

/**
 * As `printExact`, however deep the value is: a subgraph may nest a custom scalar deeper than printing it calls itself,
 * and another one may require it.
 */
export function printDeep(value: unknown): string {
  try {
    return printExact(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return printByParts(value);
  }
}

/** What is still to be printed, the last one first. */
type Part = { readonly text: string } | { readonly value: unknown };

function printByParts(whole: unknown): string {
  const parts: Part[] = [{ value: whole }];
  let printed = '';
  for (let part = parts.pop(); part; part = parts.pop()) {
    if ('text' in part) printed += part.text;
    else if (Array.isArray(part.value)) open(parts, '[]', part.value.map(toItem));
    else if (isOpen(part.value)) open(parts, '{}', Object.entries(part.value).flatMap(toMember));
    else printed += printExact(part.value);
  }
  return printed;
}

/** Adds what is between brackets, in reverse. */
function open(parts: Part[], [start = '', end = '']: string, members: readonly (readonly Part[])[]): void {
  parts.push({ text: end });
  for (let i = members.length - 1; i >= 0; i--) {
    for (const part of members[i]?.toReversed() ?? []) parts.push(part);
    if (i > 0) parts.push({ text: ',' });
  }
  parts.push({ text: start });
}

function toItem(value: unknown): readonly Part[] {
  return [{ value }];
}

/** As in `JSON.stringify`, what is undefined is not there. */
function toMember([key, value]: [string, unknown]): readonly (readonly Part[])[] {
  return value === undefined ? [] : [[{ text: `${JSON.stringify(key)}:` }, { value }]];
}

/** Whether it is printed member by member: a subgraph in this process may answer with dates and the like as well. */
function isOpen(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return false;
  return !('toJSON' in value && typeof value.toJSON === 'function');
}

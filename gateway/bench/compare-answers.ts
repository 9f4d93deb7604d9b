import { isDeepStrictEqual } from 'node:util';
import { mask } from './ticks.ts';

/** Why an answer's text is not what was expected, ticks and probe aside; null when it is. Key order does not count. */
export function findDifference(text: string, expected: unknown): string | null {
  let answer: unknown;
  try {
    answer = JSON.parse(mask(text));
  } catch {
    return `not JSON: ${text.slice(0, 200)}`;
  }
  return isDeepStrictEqual(answer, expected) ? null : describe(answer, expected, '$');
}

function describe(found: unknown, expected: unknown, path: string): string {
  if (!isObject(found) || !isObject(expected) || Array.isArray(found) !== Array.isArray(expected)) {
    return `at ${path}: ${print(found)} instead of ${print(expected)}`;
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    if (!isDeepStrictEqual(found[key], expected[key])) return describe(found[key], expected[key], `${path}.${key}`);
  }
  return `at ${path}: another kind of object`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function print(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 200);
}

import { fileURLToPath } from 'node:url';

const HTTP_ADDRESS = /^https?:\/\//i;
const FILE_ADDRESS = /^file:\/\//i;
const ANY_ADDRESS = /^[a-z][a-z\d+.-]*:\/\//i;

/** Whether a supergraph's source is written as an address, of whatever scheme; otherwise it is the path of a file. */
export function isAddress(source: string): boolean {
  return ANY_ADDRESS.test(source);
}

/** Why nothing can be read at a source; null when it looks as if it could. */
export function findSourceProblem(source: string): string | null {
  if (!isAddress(source) || HTTP_ADDRESS.test(source)) return null;
  if (!FILE_ADDRESS.test(source)) return 'is an address of no known kind: http://, https:// and file:// are known';
  return toPath(source) === null ? 'names no file of this machine, as file:///folder/supergraph.graphql does' : null;
}

/** Where to read a source that has no problem. */
export function readSource(source: string): { readonly url: string } | { readonly file: string } {
  return HTTP_ADDRESS.test(source) ? { url: source } : { file: toPath(source) ?? source };
}

/** The path in an address of a file; null for whatever is none. */
function toPath(source: string): string | null {
  if (!FILE_ADDRESS.test(source)) return null;
  try {
    return fileURLToPath(source);
  } catch {
    return null;
  }
}

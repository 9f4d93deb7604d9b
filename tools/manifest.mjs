// The manifest of a folder's `.graphql` files, in the format `apollo-persisted-query-manifest`: one operation a file, by
// the SHA-256 of its text without what stands before it. This is what a client sends, and what the explorer shows.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The files of a folder in the order of their names: `{ file, text }`. */
export function readOperationFiles(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith('.graphql'));
  return names.sort().map((name) => ({ file: name, text: readFileSync(path.join(folder, name), 'utf8') }));
}

/** The manifest's text. Throws, naming the file, where one does not hold exactly one named operation. */
export async function manifestOf(files) {
  const { parse } = await import('graphql');
  const operations = files.map(({ file, text }) => {
    const [definition, ...others] = parse(text).definitions;
    const isOne = definition?.kind === 'OperationDefinition' && definition.name && others.length === 0;
    if (!isOne) throw new Error(`${file} must hold one named operation and nothing else`);
    const body = text.slice(definition.loc.start).trimEnd();
    const id = createHash('sha256').update(body).digest('hex');
    return { id, name: definition.name.value, type: definition.operation, body };
  });
  return `${JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations }, null, 2)}\n`;
}

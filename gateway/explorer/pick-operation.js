import { tokens } from './highlight.js';

const KINDS = new Set(['query', 'mutation', 'subscription']);

/**
 * The operation of a document that the caret is in, or the first one: `{ kind, name }`, name null when it has none.
 * Null when the document has no operation.
 */
export function pickOperation(text, caret) {
  const operations = listOperations(text);
  return operations.findLast((operation) => operation.from <= caret) ?? operations[0] ?? null;
}

function listOperations(text) {
  const found = [];
  let at = 0;
  let depth = 0;
  let isOpened = false;
  for (const [kind, piece] of tokens(text, 'graphql')) {
    const from = at;
    at += piece.length;
    if (kind === 'comment' || kind === 'text') continue;
    if (depth === 0 && kind === 'word' && (KINDS.has(piece) || piece === 'fragment')) {
      found.push({ kind: piece, name: null, from });
      isOpened = true;
    } else if (depth === 0 && kind === 'key' && isOpened && found.at(-1).name === null) found.at(-1).name = piece;
    for (const mark of kind === 'mark' ? piece : '') {
      if (mark === '{' && depth === 0 && !isOpened) found.push({ kind: 'query', name: null, from });
      if (mark === '{' || mark === '(') depth += 1;
      if (mark === '}' || mark === ')') depth -= 1;
      if (mark === '}' && depth === 0) isOpened = false;
    }
  }
  return found.filter((definition) => KINDS.has(definition.kind));
}

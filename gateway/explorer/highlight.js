// Colours for GraphQL and JSON: text in, DOM nodes out. Nothing is ever put in as markup.

/** Longer texts are shown plain: colouring them would take longer than reading them. */
const COLOURED_CHARS_MAX = 400_000;

const GRAPHQL = [
  ['comment', /#[^\n]*/y],
  ['text', /"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"/y],
  ['variable', /\$\w+/y],
  ['word', /@\w+|\b(?:query|mutation|subscription|fragment|on|true|false|null)\b/y],
  ['number', /-?\b\d+(?:\.\d+)?\b/y],
  ['key', /[A-Za-z_]\w*/y],
  ['mark', /[{}()[\]:!=|.,&]+/y],
];
const JSON_TEXT = [
  ['place', /\{\{\w+\}\}/y],
  ['key', /"(?:\\.|[^"\\\n])*"(?=\s*:)/y],
  ['place', /"\{\{\w+\}\}"/y],
  ['text', /"(?:\\.|[^"\\\n])*"/y],
  ['number', /-?\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b/iy],
  ['word', /\b(?:true|false|null)\b/y],
  ['mark', /[{}[\]:,]+/y],
];

/** The pieces of a text, `[kind, piece]`; kind is null for what has no colour. */
export function tokens(text, language) {
  const rules = language === 'json' ? JSON_TEXT : GRAPHQL;
  const found = [];
  let plainFrom = 0;
  for (let at = 0; at < text.length; ) {
    const rule = rules.find(([, pattern]) => {
      pattern.lastIndex = at;
      return pattern.test(text);
    });
    if (!rule) {
      at += 1;
      continue;
    }
    const end = rule[1].lastIndex;
    if (at > plainFrom) found.push([null, text.slice(plainFrom, at)]);
    found.push([rule[0], text.slice(at, end)]);
    plainFrom = at = end;
  }
  if (plainFrom < text.length) found.push([null, text.slice(plainFrom)]);
  return found;
}

/** Shows `text` coloured as the only content of `element`. */
export function paint(element, text, language) {
  if (text.length > COLOURED_CHARS_MAX) {
    element.textContent = text;
    return;
  }
  const nodes = tokens(text, language).map(([kind, piece]) => {
    if (kind === null) return document.createTextNode(piece);
    const span = document.createElement('span');
    span.className = `tok-${kind}`;
    span.textContent = piece;
    return span;
  });
  element.replaceChildren(...nodes);
}

// What earlier answers showed, to fill `{{name}}` in the variables of ready-made operations; kept for this tab only.

const KEY = 'explorer-seen';
const ID_PATTERN = /^([a-z]+)_[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const PLACE_PATTERN = /\{\{(\w+)\}\}/g;
/** How many values of one answer are looked at. */
const VALUES_MAX = 20_000;
const SHORT_CHARS = 6;

/**
 * Remembers, by name, what an answer shows: an id by its kind (`{{order}}`) and by the field or alias of its object
 * (`{{friend}}`), any other text by its field (`{{scoreTicket}}`). Within an answer the outermost, then the first one
 * counts; the latest answer wins.
 */
export function remember(data) {
  const seen = {};
  const queue = [{ name: '', owner: '', value: data }];
  for (let at = 0; at < queue.length && at < VALUES_MAX; at++) {
    const { name, owner, value } = queue[at];
    if (typeof value === 'string') {
      const kind = ID_PATTERN.exec(value)?.[1];
      for (const known of kind ? [kind, name === 'id' ? owner : name] : [name]) seen[known] ??= value;
    } else if (Array.isArray(value)) {
      for (const inner of value) queue.push({ name, owner, value: inner });
    } else if (value && typeof value === 'object') {
      for (const [field, inner] of Object.entries(value)) queue.push({ name: field, owner: name, value: inner });
    }
  }
  sessionStorage.setItem(KEY, JSON.stringify({ ...recall(), ...seen }));
  return seen;
}

/**
 * The text with its places filled, and the names that no answer has shown yet. `{{random}}` is a new key, `{{short}}`
 * a few new letters, both the same throughout one text.
 */
export function fill(text) {
  const random = randomHex();
  const seen = { ...recall(), random, short: random.slice(0, SHORT_CHARS) };
  const missing = new Set();
  const filled = text.replace(PLACE_PATTERN, (place, name) => {
    if (seen[name] !== undefined) return JSON.stringify(seen[name]).slice(1, -1);
    missing.add(name);
    return place;
  });
  return { filled, missing: [...missing] };
}

function recall() {
  return JSON.parse(sessionStorage.getItem(KEY) ?? '{}');
}

function randomHex() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

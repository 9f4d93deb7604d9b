import { parseJson } from './client.js';
import { byId, el } from './dom.js';

const KIND_LETTERS = { query: 'Q', mutation: 'M', subscription: 'S' };

/** The list of ready-made operations; `onPick(operation)` gets the one that was chosen. */
export async function listOperations(onPick) {
  const box = byId('operations');
  const filter = byId('operation-filter');
  const response = await fetch('/explorer/operations.json').catch(() => null);
  const all = response?.ok ? parseJson(await response.text()) : null;
  if (!all) return void box.replaceChildren(el('p', { class: 'hint' }, 'The ready-made operations cannot be read.'));

  let current = null;
  const pick = (operation) => {
    current = operation;
    show();
    onPick(operation);
  };
  const show = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    box.replaceChildren(
      ...render(words.length > 0 ? search(all, words) : all, { current, pick, isGrouped: words.length === 0 }),
    );
  };
  filter.addEventListener('input', show);
  filter.addEventListener('keydown', ({ key }) => {
    if (key === 'ArrowDown' || key === 'Enter') box.querySelector('button')?.focus();
  });
  box.addEventListener('keydown', (event) => moveFocus(event, box));
  show();
}

/** Those that have all the words, in their names before in what they say. */
function search(operations, words) {
  const has = (text) => words.every((word) => text.toLowerCase().includes(word));
  const inName = ({ name }) => has(`${name} ${inWords(name)}`);
  const found = operations.filter(
    (it) => inName(it) || has(`${it.group} ${inWords(it.name)} ${it.description} ${it.kind}`),
  );
  return [...found.filter(inName), ...found.filter((it) => !inName(it))];
}

function render(operations, { current, pick, isGrouped }) {
  if (operations.length === 0) return [el('p', { class: 'hint' }, 'No ready-made operation here.')];
  let group = null;
  return operations.flatMap((operation) => {
    const heading = isGrouped && operation.group !== group ? [el('h2', { class: 'group' }, operation.group)] : [];
    group = operation.group;
    return [...heading, renderOperation(operation, operation === current, () => pick(operation))];
  });
}

function renderOperation({ name, kind, description }, isCurrent, onclick) {
  return el(
    'button',
    { type: 'button', class: 'operation', 'aria-current': isCurrent, onclick },
    el('span', { class: 'kind', 'data-kind': kind, title: kind, 'aria-label': kind }, KIND_LETTERS[kind]),
    el('span', { class: 'name' }, inWords(name)),
    el('span', { class: 'what' }, description),
  );
}

function moveFocus(event, box) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const buttons = [...box.querySelectorAll('button')];
  buttons[buttons.indexOf(document.activeElement) + step]?.focus();
  event.preventDefault();
}

/** `PlaceOrder` -> `Place order`. */
export function inWords(name) {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').split(' ');
  return words.map((word, i) => (i === 0 ? word : word.toLowerCase())).join(' ');
}

import { byId, el } from './dom.js';
import { paint } from './highlight.js';

/** Shows what came back: the errors first, how long it took and what it cost, then all of it as JSON. */
export function showAnswer({ status, body, text, tookMs }) {
  const usage = Object.entries(body?.extensions?.usage ?? {});
  const facts = [
    status === 200 ? null : `HTTP ${status}`,
    `${tookMs.toFixed(0)} ms`,
    text.length < 1024 ? `${text.length} B` : `${(text.length / 1024).toFixed(1)} KB`,
    ...describeUsage(usage.map(([, use]) => use)),
  ];
  byId('timing').textContent = facts.filter(Boolean).join(' · ');
  byId('timing').title = usage.map(([name, use]) => `${name}: ${describeUsage([use]).slice(1).join(', ')}`).join('\n');
  showProblems(body?.errors ?? []);
  paint(byId('answer'), body ? JSON.stringify(body, null, 2) : text, 'json');
  byId('answer').scrollTop = 0;
  byId('copy').hidden = false;
}

/** Errors on top of the answer, by code and message. */
export function showProblems(errors) {
  const lines = errors.map(({ message, extensions, path }) => {
    const where = path ? el('small', {}, ` at ${path.join('.')}`) : null;
    const says = el('span', {}, message, where);
    return el('div', { class: 'problem', role: 'alert' }, el('code', {}, extensions?.code ?? 'ERROR'), says);
  });
  byId('problems').replaceChildren(...lines);
}

function describeUsage(uses) {
  if (uses.length === 0) return [];
  const sum = (field) => uses.reduce((total, use) => total + use[field], 0);
  return [
    count(uses.length, 'subgraph', 'subgraphs'),
    count(sum('calls'), 'call', 'calls'),
    count(sum('storeQueries'), 'store query', 'store queries'),
  ];
}

function count(number, one, many) {
  return `${number} ${number === 1 ? one : many}`;
}

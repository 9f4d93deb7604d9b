import { byId, el } from './dom.js';
import { createSchema, INTROSPECTION, innerType, membersOf, printType } from './schema.js';

const KINDS = {
  OBJECT: 'type',
  INTERFACE: 'interface',
  UNION: 'union',
  ENUM: 'enum',
  INPUT_OBJECT: 'input',
  SCALAR: 'scalar',
};

/** The schema pane. `ask(query)` resolves to the data of a query. Loads when it is first shown. */
export function createDocs(ask) {
  const box = byId('docs');
  const crumbs = byId('crumbs');
  const filter = byId('schema-filter');
  let schema = null;
  let trail = [];

  const load = async () => {
    if (schema) return;
    box.replaceChildren(el('p', { class: 'hint' }, 'Loading the schema…'));
    try {
      schema = createSchema(await ask(INTROSPECTION));
      show();
    } catch (error) {
      box.replaceChildren(el('p', { class: 'hint' }, `The schema cannot be read: ${error.message}`));
    }
  };
  const open = (name) => {
    filter.value = '';
    const at = trail.indexOf(name);
    trail = at < 0 ? [...trail, name] : trail.slice(0, at + 1);
    show();
    box.scrollTop = 0;
  };
  const show = () => {
    const words = filter.value.trim();
    const name = trail.at(-1);
    crumbs.replaceChildren(
      link('Schema', () => {
        trail = [];
        filter.value = '';
        show();
      }),
      ...trail.flatMap((step) => ['›', link(step, () => open(step))]),
    );
    if (words !== '') box.replaceChildren(...renderHits(schema.search(words), open));
    else if (name) box.replaceChildren(...renderType(schema.types.get(name), open));
    else box.replaceChildren(...renderRoots(schema, open));
  };
  filter.addEventListener('input', () => schema && show());
  return { load, focus: () => filter.focus() };
}

function renderRoots(schema, open) {
  const roots = schema.roots.flatMap((root) => [
    el('h3', {}, root),
    ...schema.types.get(root).fields.map((field) => renderMember(field, open)),
  ]);
  return [
    el('p', { class: 'says lead' }, `${schema.types.size} types. Everything starts at one of these fields.`),
    ...roots,
  ];
}

function renderType(type, open) {
  const parts = [el('h2', {}, `${KINDS[type.kind]} ${type.name}`), says(type.description, 'says lead')];
  const list = (title, names) => names?.length && parts.push(el('h3', {}, title), renderLinks(names, open));
  list('implements', type.interfaces);
  list(type.kind === 'UNION' ? 'one of' : 'implemented by', type.possibleTypes);
  const members = membersOf(type);
  if (members.length > 0) {
    parts.push(
      el('h3', {}, type.kind === 'ENUM' ? 'values' : 'fields'),
      ...members.map((member) => renderMember(member, open)),
    );
  }
  return parts;
}

function renderMember(member, open, owner = null) {
  const args = (member.args ?? []).map((arg) =>
    el('div', { class: 'arg' }, renderSign(arg, open), says(arg.description)),
  );
  const old = member.isDeprecated ? el('p', { class: 'old' }, `Deprecated: ${member.deprecationReason ?? ''}`) : null;
  const from = owner ? [link(owner, () => open(owner)), '.'] : [];
  return el(
    'div',
    { class: 'member' },
    el('div', { class: 'sign' }, ...from, renderSign(member, open)),
    says(member.description),
    old,
    ...args,
  );
}

function renderSign(member, open) {
  const name = el('strong', {}, member.name);
  if (!member.type) return el('span', { class: 'sign' }, name);
  const inner = innerType(member.type);
  const standard = member.defaultValue == null ? '' : ` = ${member.defaultValue}`;
  return el(
    'span',
    { class: 'sign' },
    name,
    ': ',
    link(printType(member.type), () => open(inner)),
    standard,
  );
}

function renderHits({ hits, total }, open) {
  if (total === 0) return [el('p', { class: 'hint' }, 'Nothing in the schema has these words.')];
  const note = total > hits.length ? `The first ${hits.length} of ${total}` : `${total} found`;
  return [
    el('p', { class: 'hint' }, note),
    ...hits.map(({ type, member }) =>
      member
        ? renderMember(member, open, type.name)
        : el(
            'div',
            { class: 'member' },
            el(
              'div',
              { class: 'sign' },
              `${KINDS[type.kind]} `,
              link(type.name, () => open(type.name)),
            ),
            says(type.description),
          ),
    ),
  ];
}

function renderLinks(types, open) {
  return el(
    'p',
    { class: 'sign' },
    ...types.flatMap(({ name }, i) => [i > 0 ? ', ' : '', link(name, () => open(name))]),
  );
}

/** A description as running text: only empty lines and list items break it. */
function says(description, className = 'says') {
  const text = (description ?? '').replace(/([^\n])\n(?![\n*-])/g, '$1 ');
  return el('p', { class: className }, text);
}

function link(text, onclick) {
  return el('button', { type: 'button', class: 'link', onclick }, text);
}

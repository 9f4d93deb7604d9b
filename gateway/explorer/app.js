import { showAnswer, showProblems } from './answer.js';
import { parseJson, run } from './client.js';
import { createDocs } from './docs.js';
import { byId, createTabs, el } from './dom.js';
import { createEditor } from './editor.js';
import { createLive } from './live.js';
import { fill, remember } from './memory.js';
import { inWords, listOperations } from './operations.js';
import { pickOperation } from './pick-operation.js';
import { createThemeButton } from './theme.js';

const HTTP_URL = new URL('/graphql', location.href);
const WS_URL = new URL('/graphql', location.href);
WS_URL.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
const DRAFT_KEY = 'explorer-draft';
/** Asks the gateway to count what the operation cost; it does so in development only. */
const METER = { 'playgraph-meter': '1' };
const TOKEN_PATTERN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

const editors = {
  query: createEditor(byId('editor-query'), { language: 'graphql', onInput: keepDraft }),
  variables: createEditor(byId('editor-variables'), { language: 'json', onInput: keepDraft }),
  headers: createEditor(byId('editor-headers'), { language: 'json', onInput: keepDraft }),
};
const selectResult = createTabs(['tab-response', 'tab-schema'], (id) => id === 'tab-schema' && docs.load());
const selectInput = createTabs(['tab-variables', 'tab-headers']);
const live = createLive({ url: WS_URL, onEvent: (result) => learn(result.data), onProblem: (text) => note(text) });
const docs = createDocs(async (query) => {
  const { body } = await run(HTTP_URL, { query, variables: {}, headers: readJson('headers') ?? {} });
  if (!body?.data) throw new Error(body?.errors?.[0]?.message ?? 'no answer');
  return body.data;
});
let running = null;

byId('endpoint').textContent = HTTP_URL.href;
byId('run').addEventListener('click', runOrStop);
byId('sign-out').addEventListener('click', () => setToken(null));
byId('copy').addEventListener('click', () => navigator.clipboard.writeText(byId('answer').textContent));
document.addEventListener('keydown', (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  const act = { Enter: runOrStop, k: () => byId('operation-filter').select(), '/': showSchema }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
addEventListener('pagehide', () => live.stopAll());
createThemeButton(byId('theme'));
restoreDraft();
showSession();
await listOperations(load);

function load(operation) {
  const { filled, missing } = fill(operation.variables);
  editors.query.value = `${operation.query}\n`;
  const variables = parseJson(filled);
  editors.variables.value = variables ? JSON.stringify(variables, null, 2) : filled;
  byId('about').textContent = operation.description;
  selectInput('tab-variables');
  note(missing.length > 0 ? `Not seen in an answer yet: ${missing.join(', ')}` : '');
  keepDraft();
  editors.query.focus();
}

async function runOrStop() {
  if (running) return running.abort();
  const picked = pickOperation(editors.query.value, editors.query.caret);
  if (!picked) return note('There is no operation to run.', true);
  const { filled, missing } = fill(editors.variables.value);
  if (missing.length > 0)
    return note(`Fill ${missing.map((name) => `{{${name}}}`).join(', ')} in first: no answer has shown it.`, true);
  editors.variables.value = filled;
  const [variables, headers] = [readJson('variables'), readJson('headers')];
  if (!variables || !headers) return;
  note('');
  selectResult('tab-response');
  const operation = { query: editors.query.value, operationName: picked.name ?? undefined, variables, headers };
  if (picked.kind === 'subscription') live.start(inWords(picked.name ?? 'Subscription'), operation);
  else await runOnce(operation);
}

async function runOnce(operation) {
  running = new AbortController();
  showBusy(true);
  try {
    const headers = { ...METER, ...operation.headers };
    const answer = await run(HTTP_URL, { ...operation, headers, signal: running.signal });
    showAnswer(answer);
    learn(answer.body?.data);
  } catch (error) {
    const isStopped = error.name === 'AbortError';
    showProblems(isStopped ? [] : [{ message: `No answer from the endpoint: ${error.message}` }]);
    byId('timing').textContent = isStopped ? 'stopped' : '';
  } finally {
    running = null;
    showBusy(false);
  }
}

/** Ids and the like for the next operation; an access token signs this tab in. */
function learn(data) {
  if (!data) return;
  const { accessToken } = remember(data);
  if (accessToken && TOKEN_PATTERN.test(accessToken)) setToken(accessToken);
}

function setToken(token) {
  const { authorization: _old, Authorization: _other, ...others } = readJson('headers') ?? {};
  const headers = token ? { authorization: `Bearer ${token}`, ...others } : others;
  editors.headers.value = Object.keys(headers).length > 0 ? JSON.stringify(headers, null, 2) : '';
  keepDraft();
}

function showSession() {
  const headers = parseJson(editors.headers.value || '{}');
  const isSignedIn = Boolean(headers?.authorization ?? headers?.Authorization);
  byId('session').dataset.signedIn = String(isSignedIn);
  byId('session').textContent = isSignedIn ? 'Token set' : 'No token';
  byId('sign-out').hidden = !isSignedIn;
}

function showBusy(isBusy) {
  const button = byId('run');
  button.dataset.busy = String(isBusy);
  button.replaceChildren(
    el('span', { 'aria-hidden': true }, isBusy ? '■' : '▶'),
    isBusy ? ' Stop ' : ' Run ',
    el('kbd', {}, 'Ctrl ⏎'),
  );
}

function showSchema() {
  selectResult('tab-schema');
  docs.focus();
}

/** The object in an editor, {} when it is empty, null (with a note) when it is not one. */
function readJson(name) {
  const text = editors[name].value.trim();
  const value = text === '' ? {} : parseJson(text);
  if (value && typeof value === 'object' && !Array.isArray(value)) return value;
  selectInput(`tab-${name}`);
  note(`The ${name} are not a JSON object.`, true);
  return null;
}

function note(text, isBad = false) {
  byId('input-note').textContent = text;
  byId('input-note').dataset.bad = String(isBad);
}

/** What is in the editors outlives a reload of this tab, and nothing else: it may hold a token. */
function keepDraft() {
  const { query, variables, headers } = editors;
  sessionStorage.setItem(DRAFT_KEY, JSON.stringify([query.value, variables.value, headers.value]));
  showSession();
}

function restoreDraft() {
  const [query, variables, headers] = parseJson(sessionStorage.getItem(DRAFT_KEY) ?? '') ?? [];
  editors.query.value =
    query || '# Ctrl+Enter runs, Ctrl+K finds an operation, Ctrl+/ opens the schema.\n{\n  __typename\n}\n';
  editors.variables.value = variables ?? '';
  editors.headers.value = headers ?? '';
}

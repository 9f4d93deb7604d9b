import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createStepJoining, JOIN_WAIT_MS_MAX } from '../../src/execution/join-steps.ts';
import { asked } from './gated-graph.ts';
import { createLibrary, createLibraryData } from './library.ts';

const TWO_BRANCHES = '{ readers { id mood } shelf { id stars } }';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Resolves when a load waits with a timer running. */
async function isHeld(): Promise<void> {
  while (vi.getTimerCount() === 0) await nextTurn();
}

test('two branches that reach one subgraph at one step send one request', async () => {
  const library = createLibrary(createLibraryData(), { prediction: false });
  const { data } = await library.query('{ readers { id mood } shelf { id stars } }');
  expect(library.seen.map(({ subgraph }) => subgraph).sort()).toEqual(['opinions', 'readers', 'shelves']);
  expect(Object.values(asked(library.seen.at(-1) ?? expect.fail()))).toEqual([
    ['r1', 'r2'].map((id) => ({ __typename: 'Reader', id })),
    ['2', '3'].map((id) => ({ __typename: 'Book', id })),
  ]);
  expect(data).toMatchObject({ readers: [{ mood: 'mood of r1' }, {}], shelf: [{ stars: 2 }, { stars: 3 }] });
  expect(vi.getTimerCount()).toBe(0);
});

test('errors of a joined request stand at the places of the part that they are about', async () => {
  const library = createLibrary(createLibraryData(), { prediction: false });
  const { data, errors } = await library.query('{ shelf { id stars } people: readers { id feels: mood } }');
  expect(data).toMatchObject({
    shelf: [{ stars: 2 }, { stars: 3 }],
    people: [{ feels: 'mood of r1' }, { feels: null }],
  });
  expect(errors).toMatchObject([
    { message: 'Not for you.', path: ['people', 1, 'feels'], extensions: { code: 'FORBIDDEN', service: 'opinions' } },
  ]);
});

test('variables of the client may have any name in a joined request', async () => {
  const library = createLibrary(createLibraryData(), { prediction: false });
  const names = ['representations', 'representations_0', 'representations_1', 'r0', '_0'];
  const declared = names.map((name) => `$${name}: Int`).join(' ');
  const stars = names.map((name) => `x${name}: stars(plus: $${name})`).join(' ');
  const variables = Object.fromEntries(names.map((name, i) => [name, i * 10]));
  const { data } = await library.query(`query (${declared}) { readers { id mood } shelf { ${stars} } }`, variables);
  expect(library.seen).toHaveLength(3);
  const starsOf = (book: number) => Object.fromEntries(names.map((name, i) => [`x${name}`, book + i * 10]));
  expect(data).toMatchObject({ shelf: [starsOf(2), starsOf(3)] });
});

test('a load waits for a slow branch as long as it may, and not longer', async () => {
  const library = createLibrary(createLibraryData(), { prediction: false });
  library.gate.holds = ({ subgraph }) => subgraph === 'shelves';
  const answer = library.query(TWO_BRANCHES);
  await isHeld();
  vi.advanceTimersByTime(JOIN_WAIT_MS_MAX - 1);
  await nextTurn();
  expect(library.seen).toHaveLength(2);
  vi.advanceTimersByTime(1);
  await library.arrived(3);
  expect(asked(library.seen[2] ?? expect.fail())).toMatchObject({ representations: [{ id: 'r1' }, { id: 'r2' }] });
  library.held[0]?.release();
  expect((await answer).data).toMatchObject({
    readers: [{ mood: 'mood of r1' }, {}],
    shelf: [{ stars: 2 }, { stars: 3 }],
  });
  expect(library.seen).toHaveLength(4);
  expect(vi.getTimerCount()).toBe(0);
});

test('a branch that comes while another one waits travels with it', async () => {
  const library = createLibrary(createLibraryData(), { prediction: false });
  library.gate.holds = ({ subgraph }) => subgraph === 'shelves';
  const answer = library.query(TWO_BRANCHES);
  await isHeld();
  library.held[0]?.release();
  await answer;
  expect(library.seen).toHaveLength(3);
});

test('nothing waits for a branch that leads to another subgraph', async () => {
  const library = createLibrary(createLibraryData(), { prediction: false });
  library.gate.holds = ({ subgraph }) => subgraph === 'shelves';
  const answer = library.query('{ readers { id mood } shelf { id title } }');
  // No timer ever fires here.
  await library.arrived(3);
  expect(library.seen[2]?.subgraph).toBe('opinions');
  library.held[0]?.release();
  await answer;
});

test('what is learned has joined steps, and what is foreseen leaves at once', async () => {
  const library = createLibrary(createLibraryData(), { prediction: true });
  await library.query(TWO_BRANCHES);
  expect(library.seen.map(({ subgraph }) => subgraph)).toEqual(['readers', 'shelves', 'opinions']);
  library.gate.holds = ({ subgraph }) => subgraph === 'shelves';
  const answer = library.query(TWO_BRANCHES);
  // No timer ever fires here.
  await library.arrived(6);
  expect(library.seen[5]?.subgraph).toBe('opinions');
  expect(vi.getTimerCount()).toBe(0);
  library.held[0]?.release();
  expect((await answer).data).toMatchObject({ shelf: [{ stars: 2 }, { stars: 3 }] });
  expect(library.seen).toHaveLength(6);
});

test('a slow branch that fails lets go of the others', async () => {
  const library = createLibrary({ ...createLibraryData(), shelf: null as never }, { prediction: false });
  const { data, errors } = await library.query('{ readers { id mood } shelf { id stars } }');
  expect(data).toBeNull();
  expect(errors?.some(({ path }) => path?.[0] === 'shelf')).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

const TO_X = new Set(['x']);

test('answers that arrive meanwhile do not make a load wait longer', async () => {
  const joining = createStepJoining();
  const sent: string[] = [];
  for (let i = 0; i < 3; i++) joining.begin(TO_X);
  joining.schedule(() => {
    if (!joining.holds('x')) sent.push('x');
  });
  await nextTurn();
  vi.advanceTimersByTime(JOIN_WAIT_MS_MAX - 1);
  joining.end(TO_X);
  await nextTurn();
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(1);
  await nextTurn();
  expect(sent).toEqual(['x']);
  expect(vi.getTimerCount()).toBe(0);
});

test('a load leaves as soon as nothing is expected any more', async () => {
  const joining = createStepJoining();
  const sent: string[] = [];
  joining.begin(TO_X);
  joining.schedule(() => {
    if (!joining.holds('x')) sent.push('x');
  });
  await nextTurn();
  expect(sent).toEqual([]);
  joining.end(TO_X);
  await nextTurn();
  expect(sent).toEqual(['x']);
  expect(vi.getTimerCount()).toBe(0);
});

import { expect, test } from 'vitest';
import { asked, type GatedGraph } from './gated-graph.ts';
import { createLibrary, createLibraryData } from './library.ts';

/** The ids of the entities that each call to a subgraph asked for. */
function idsAsked(library: GatedGraph, subgraph: string): string[][] {
  const calls = library.seen.filter((call) => call.subgraph === subgraph);
  return calls.map((call) => Object.values(asked(call)).flatMap((all) => all.map((one) => (one as { id: string }).id)));
}

const TITLES = '{ readers { favourite { title } } shelf { title } }';

test('an entity that two branches reach in one turn is asked for once', async () => {
  const library = createLibrary(createLibraryData(), { prediction: false });
  const { data } = await library.query(TITLES);
  expect(idsAsked(library, 'books').map((ids) => ids.sort())).toEqual([['1', '2', '3']]);
  expect(data).toEqual({
    readers: [{ favourite: { title: 'title 1' } }, { favourite: { title: 'title 2' } }],
    shelf: [{ title: 'title 2' }, { title: 'title 3' }],
  });
});

test('an entity that is known already is not asked for again by a branch that comes later', async () => {
  const library = createLibrary(createLibraryData(), { prediction: true });
  library.gate.holds = ({ subgraph }) => subgraph === 'shelves';
  const answer = library.query(TITLES);
  await library.arrived(3);
  library.held[0]?.release();
  expect((await answer).data).toMatchObject({ shelf: [{ title: 'title 2' }, { title: 'title 3' }] });
  expect(idsAsked(library, 'books')).toEqual([['1', '2'], ['3']]);
});

test('an entity that is on its way is waited for, not asked for again', async () => {
  const library = createLibrary(createLibraryData(), { prediction: true });
  library.gate.holds = ({ subgraph }) => subgraph !== 'readers';
  const answer = library.query(TITLES);
  await library.arrived(3);
  // The first request for books is on its way when the shelf arrives.
  library.held.find(({ subgraph }) => subgraph === 'shelves')?.release();
  await library.arrived(4);
  for (const call of library.held) call.release();
  expect((await answer).data).toMatchObject({ shelf: [{ title: 'title 2' }, { title: 'title 3' }] });
  expect(idsAsked(library, 'books')).toEqual([['1', '2'], ['3']]);
});

test('places that ask other things of one entity ask in one request, each for its own', async () => {
  const library = createLibrary(createLibraryData(), { prediction: false });
  const { data } = await library.query('{ readers { favourite { title } } shelf { pages } }');
  expect(data).toMatchObject({
    readers: [{ favourite: { title: 'title 1' } }, { favourite: { title: 'title 2' } }],
    shelf: [{ pages: 200 }, { pages: 300 }],
  });
  const calls = library.seen.filter(({ subgraph }) => subgraph === 'books');
  expect(calls).toHaveLength(1);
  expect(Object.values(asked(calls[0] ?? expect.fail()))).toHaveLength(2);
});

test('an error about an entity stands at every place that shows it, and at no other', async () => {
  const data = createLibraryData();
  data.broken.add(2);
  const library = createLibrary(data, { prediction: false });
  const answer = await library.query('{ shelf { cover: title } readers { favourite { title } } }');
  expect(answer.data).toEqual({
    shelf: [{ cover: null }, { cover: 'title 3' }],
    readers: [{ favourite: { title: 'title 1' } }, { favourite: { title: null } }],
  });
  const paths = answer.errors?.map(({ path }) => path?.join('.')).sort();
  expect(paths).toEqual(['readers.1.favourite.title', 'shelf.0.cover']);
});

test('an entity that its subgraph does not know is null at every place, without an error', async () => {
  const data = createLibraryData();
  data.titles.delete(2);
  const library = createLibrary(data, { prediction: false });
  expect(await library.query(TITLES)).toEqual({
    data: {
      readers: [{ favourite: { title: 'title 1' } }, { favourite: { title: null } }],
      shelf: [{ title: null }, { title: 'title 3' }],
    },
  });
});

test('a list without entities asks nobody', async () => {
  const library = createLibrary({ ...createLibraryData(), shelf: [] }, { prediction: false });
  expect(await library.query('{ shelf { title } }')).toEqual({ data: { shelf: [] } });
  expect(library.seen).toHaveLength(1);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { indexForeseen } from '../../src/execution/foreseen-loads.ts';
import type { GatedGraph, HeldCall } from './gated-graph.ts';
import { createLibrary, createLibraryData, type LibraryData } from './library.ts';

const SOURCE = '{ readers { name mood favourite { title } } shelf { title stars } }';

/** Nothing that it asks for is ever an error. */
const QUIET = '{ readers { name favourite { title } } shelf { title stars } }';

/** A library that has answered once, and what its data is now. */
async function openLibrary(source = SOURCE): Promise<{ library: GatedGraph; data: LibraryData; calls: number }> {
  const data = createLibraryData();
  const library = createLibrary(data, { prediction: true });
  await library.query(source);
  return { library, data, calls: library.seen.length };
}

test('whatever the order of the answers, the second run claims what the first one sent', async () => {
  const { library, data, calls } = await openLibrary(QUIET);
  const plain = createLibrary(data, { prediction: false });
  let round = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(
        Array.from({ length: calls }, (_, i) => i),
        { minLength: calls },
      ),
      async (order) => {
        const before = { sent: library.seen.length, stats: library.stats() };
        const [reader] = data.readers;
        if (reader) reader.name = `name ${round++}`;
        library.held.length = 0;
        library.gate.holds = () => true;
        const answer = library.query(QUIET);
        await library.arrived(before.sent + calls);
        for (const i of order) await releaseOne(library.held[i]);
        library.gate.holds = () => false;
        expect(await answer).toEqual(await plain.query(QUIET));
        expect(library.seen).toHaveLength(before.sent + calls);
        const { predicted, claimed, unclaimed, unforeseen } = library.stats();
        expect([predicted, claimed].map((count) => count - before.stats.predicted - calls)).toEqual([0, 0]);
        expect([unclaimed, unforeseen]).toEqual([before.stats.unclaimed, before.stats.unforeseen]);
      },
    ),
    { numRuns: 30 },
  );
});

/** Everyone who can go on with this answer has gone on. */
async function releaseOne(call: HeldCall | undefined): Promise<void> {
  call?.release();
  await new Promise<void>((resolve) => void setImmediate(resolve));
}

test('a change of data is in the very next answer', async () => {
  const { library, data } = await openLibrary();
  data.titles.set(2, 'another title');
  const { data: answered } = await library.query(SOURCE);
  expect(answered).toMatchObject({ shelf: [{ title: 'another title' }, {}] });
});

test('entities that were not foreseen are asked for, and those on their way are not asked for again', async () => {
  const { library, data, calls } = await openLibrary('{ shelf { title } }');
  data.shelf = [3, 4, 5];
  const answer = await library.query('{ shelf { title } }');
  expect(answer).toEqual({ data: { shelf: [3, 4, 5].map((id) => ({ title: `title ${id}` })) } });
  const last = library.seen.at(-1);
  expect(library.seen).toHaveLength(calls * 2 + 1);
  expect(last?.request.variables.representations).toEqual(['4', '5'].map((id) => ({ __typename: 'Book', id })));
});

test('a foreseen request that brings more than is needed is taken all the same', async () => {
  const { library, data, calls } = await openLibrary('{ shelf { title } }');
  data.shelf = [3];
  expect(await library.query('{ shelf { title } }')).toEqual({ data: { shelf: [{ title: 'title 3' }] } });
  expect(library.seen).toHaveLength(calls * 2);
  expect(library.stats().unclaimed).toBe(0);
});

test('an error about an entity that is not needed any more is nobody’s', async () => {
  const data = createLibraryData();
  data.broken.add(2);
  const library = createLibrary(data, { prediction: true });
  expect((await library.query('{ shelf { title } }')).errors).toHaveLength(1);
  data.shelf = [3];
  expect(await library.query('{ shelf { title } }')).toEqual({ data: { shelf: [{ title: 'title 3' }] } });
});

test('an error of a foreseen request stands where its entity is now', async () => {
  const { library, data } = await openLibrary('{ shelf { title } }');
  data.shelf = [3, 3, 2];
  data.broken.add(2);
  const { data: answered, errors } = await library.query('{ shelf { title } }');
  expect(answered).toEqual({ shelf: [{ title: 'title 3' }, { title: 'title 3' }, { title: null }] });
  expect(errors?.map(({ path }) => path)).toEqual([['shelf', 2, 'title']]);
});

test('when nothing that was foreseen is needed, the answer is that of now', async () => {
  const { library, data } = await openLibrary('{ shelf { title } }');
  data.shelf = [];
  expect(await library.query('{ shelf { title } }')).toEqual({ data: { shelf: [] } });
  data.shelf = [5];
  expect(await library.query('{ shelf { title } }')).toEqual({ data: { shelf: [{ title: 'title 5' }] } });
});

const change: fc.Arbitrary<(data: LibraryData) => void> = fc.oneof(
  fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 5 }).map((shelf) => (data: LibraryData) => {
    data.shelf = shelf;
  }),
  fc.tuple(fc.integer({ min: 1, max: 6 }), fc.string()).map(([id, title]) => (data: LibraryData) => {
    data.titles.set(id, title);
  }),
  fc.integer({ min: 1, max: 6 }).map((id) => (data: LibraryData) => void data.titles.delete(id)),
  fc.integer({ min: 1, max: 6 }).map((id) => (data: LibraryData) => void data.broken.add(id)),
  fc.constant((data: LibraryData) => data.broken.clear()),
  fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 3 }).map((favourites) => (data: LibraryData) => {
    const readers = favourites.map((favourite, i) => ({ id: `r${i}`, name: `reader ${i}`, favourite }));
    data.readers.splice(0, data.readers.length, ...readers);
  }),
);

test('with data changing at random between runs, every answer is that of a step-by-step execution', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(change, { maxLength: 2 }), { minLength: 2, maxLength: 8 }), async (rounds) => {
      const data = createLibraryData();
      const plain = createLibrary(data, { prediction: false });
      const library = createLibrary(data, { prediction: true });
      for (const changes of rounds) {
        for (const make of changes) make(data);
        const answers = [await library.query(SOURCE), await plain.query(SOURCE)].map(withSortedErrors);
        expect(answers[0]).toEqual(answers[1]);
      }
    }),
    { numRuns: 12 },
  );
});

/** Which of several subgraphs is told of first is nobody's promise; correlation ids are those of a request. */
function withSortedErrors({ data, errors = [] }: Awaited<ReturnType<GatedGraph['query']>>): unknown {
  return { data, errors: errors.map((error) => JSON.stringify(error)).sort() };
}

test('an entity is found in the first request that brings it, by its loader', () => {
  const call = (purpose: unknown) => ({ purpose, claim: () => Promise.reject(new Error('not asked for')) });
  const first = call([
    { loader: 0, keys: ['a', 'b'] },
    { loader: 1, keys: ['a'] },
  ]);
  const second = call([{ loader: 0, keys: ['b', 'c', 1] }]);
  const foreseen = indexForeseen([call(undefined), first, second]);
  expect(foreseen.find(0, 'a')?.call).toBe(first);
  expect(foreseen.find(1, 'a')?.call).toBe(first);
  expect(foreseen.find(0, 'b')?.call).toBe(first);
  expect(foreseen.find(0, 'c')?.call).toBe(second);
  expect(foreseen.find(0, 1)?.call).toBe(second);
  expect([foreseen.find(0, '1'), foreseen.find(1, 'b'), foreseen.find(2, 'a')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

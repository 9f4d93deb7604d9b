import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { depths, shapes } from './boxes.ts';
import { createFaultyGraph, expectWellFormed, type FaultyGraph, lie } from './faulty-graph.ts';
import { anyLie, withLie } from './lies.ts';

/** Deeper than the stack of a program that walks down by calls. */
const LEVELS = 20_000;
const SOURCE =
  '{ boxes { id place label sides { width depth inner { front back } } lid { width depth } weight } settings { theme size nested { front back } } }';

let boxes: FaultyGraph;
beforeAll(async () => {
  boxes = await createFaultyGraph({ shapes, depths });
});
afterEach(() => {
  for (const name of ['shapes', 'depths']) boxes.subgraph(name).fault = null;
});
afterAll(() => boxes.close());

test.each(['shapes', 'depths'])(
  'when %s lies about its half of an object, the answer still fits the schema',
  async (name) => {
    const lies = fc.array(fc.tuple(fc.nat({ max: 1_000 }), anyLie), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(lies, async (told) => {
        boxes.subgraph(name).fault = lie(({ data }) => {
          const said = told.reduce<unknown>((value, [n, lied]) => withLie(value, n, lied), data);
          return { data: typeof said === 'object' && !Array.isArray(said) ? said : {} };
        });
        const response = await boxes.query(SOURCE);
        expectWellFormed(response, { judge: boxes.judge, source: SOURCE, isExplained: false });
      }),
      { numRuns: 100 },
    );
  },
);

test.each<[string, string, string]>([
  ['lists', '[', ']'],
  ['objects', '{"inner":', '}'],
])('%s nested without end make an answer or an error, and the next query is answered', async (_what, open, close) => {
  const nested = `${open.repeat(LEVELS)}null${close.repeat(LEVELS)}`;
  for (const name of ['shapes', 'depths']) {
    const key = name === 'shapes' ? '"boxes"' : '"_entities"';
    boxes.subgraph(name).fault = (response) =>
      response.end(`{"data":{${key}:[{"__typename":"Box","id":"b1","place":1,"sides":${nested},"lid":${nested}}]}}`);
    const { errors } = await boxes.query(
      '{ boxes { id place sides { width depth inner { front } } lid { depth width } } }',
    );
    expect(errors?.length).toBeGreaterThan(0);
    boxes.subgraph(name).fault = null;
    expect((await boxes.query(SOURCE)).errors).toBeUndefined();
  }
});

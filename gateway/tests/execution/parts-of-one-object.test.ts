import { expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';
import { depths, shapes } from './boxes.ts';

async function answerTo(source: string): Promise<unknown> {
  const { data, errors } = await createTestGraph({ shapes, depths }).query(source);
  expect(errors).toBeUndefined();
  return data;
}

test('the halves of objects in lists come together item by item, for every place of an entity', async () => {
  const sides = (id: string) =>
    [1, 2].map((n) => ({
      depth: n * 10,
      inner: { back: `${id} back ${n * 10}`, front: `${id} front ${n}` },
      width: n,
    }));
  expect(await answerTo('{ boxes { sides { depth inner { back front } width } } }')).toEqual({
    boxes: ['b1', 'b2', 'b1'].map((id) => ({ sides: sides(id) })),
  });
});

test('a half that one subgraph does not have leaves the other half', async () => {
  expect(await answerTo('{ boxes { id lid { width depth } } }')).toEqual({
    boxes: [
      { id: 'b1', lid: { width: 9, depth: 90 } },
      { id: 'b2', lid: { width: null, depth: 90 } },
      { id: 'b1', lid: { width: 9, depth: 90 } },
    ],
  });
});

test('the halves of an object at the root come together', async () => {
  expect(await answerTo('{ settings { size nested { back front } theme } }')).toEqual({
    settings: { size: 12, nested: { back: 'b', front: 'f' }, theme: 'dark' },
  });
});

test('one entity at two places prints what differs between the places', async () => {
  expect(await answerTo('{ boxes { id weight place } }')).toEqual({
    boxes: ['b1', 'b2', 'b1'].map((id, place) => ({ id, weight: 5, place })),
  });
});

test('one entity at two places prints what follows from it alike', async () => {
  expect(await answerTo('{ boxes { id weight } again: boxes { weight heavy: weight } }')).toEqual({
    boxes: ['b1', 'b2', 'b1'].map((id) => ({ id, weight: 5 })),
    again: [1, 2, 3].map(() => ({ weight: 5, heavy: 5 })),
  });
});

test('arguments under aliases differ at every place, also beside fields of another subgraph', async () => {
  expect(await answerTo('{ boxes { weight label loud: label(loud: true) } }')).toEqual({
    boxes: [0, 1, 2].map((place) => ({ weight: 5, label: `at ${place}`, loud: `at ${place}!` })),
  });
});

import { ExactNumber } from '@playgraph/kernel/exact-json';
import { expect, test } from 'vitest';
import { cleanEntities } from '../../src/cache/clean-entities.ts';

const TEXTS = ['{"id":1}', '{"id":2}', '{"id":3}'];
const data = { _entities: [{ a: 1 }, null, { a: 3 }] };
const at = (...path: (string | number)[]) => ({ message: 'x', path });

test.each([
  ['no errors', { data }, [0, 1, 2]],
  ['an error about one entity', { data, errors: [at('_entities', 1, 'a')] }, [0, 2]],
  ['errors about all entities', { data, errors: [at('_entities', 0), at('_entities', 1), at('_entities', 2)] }, []],
  ['an error about the whole field', { data, errors: [at('_entities')] }, []],
  ['an error without a path', { data, errors: [{ message: 'x' }] }, []],
  ['an error about another field', { data, errors: [at('_1', 0)] }, [0, 1, 2]],
  ['no data', { data: null, errors: [at('_1')] }, []],
  ['too few entities', { data: { _entities: [{ a: 1 }] } }, []],
  ['something that is no entity', { data: { _entities: [{ a: 1 }, 'b', [3]] } }, [0]],
  [
    'a number of many digits',
    { data: { _entities: [{ a: 1 }, new ExactNumber('12345678901234567890'), null] } },
    [0, 2],
  ],
])('of an answer with %s what may be kept is kept', (_what, response, expected) => {
  const clean = cleanEntities(response, '_entities', TEXTS);
  expect(clean.map(({ text }) => TEXTS.indexOf(text))).toEqual(expected);
  for (const { text, entity } of clean) expect(entity).toBe(response.data?._entities?.[TEXTS.indexOf(text)]);
});

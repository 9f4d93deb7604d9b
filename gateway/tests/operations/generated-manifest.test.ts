import { expect, test } from 'vitest';
import { parseManifest } from '../../src/operations/persisted-manifest.ts';
import { hashOf } from '../../src/operations/registered-documents.ts';

const { manifestOf } = (await import(new URL('../../../tools/manifest.mjs', import.meta.url).href)) as {
  manifestOf(files: readonly { file: string; text: string }[]): Promise<string>;
};

const PLACE = 'mutation Place($id: ID!) {\n  place(id: $id)\n}';

test('the manifest of a folder lists each operation by the hash of what a client sends', async () => {
  const { operations, has } = parseManifest(
    await manifestOf([
      { file: '1.graphql', text: `# Orders · Places one.\n${PLACE}\n\n` },
      { file: '2.graphql', text: 'subscription Placed { placed }' },
    ]),
  );
  expect(operations).toEqual([
    { id: hashOf(PLACE), name: 'Place', type: 'mutation', body: PLACE },
    { id: hashOf('subscription Placed { placed }'), name: 'Placed', type: 'subscription', body: expect.any(String) },
  ]);
  expect(has(PLACE)).toBe(true);
});

test('a file that does not hold one named operation is named', async () => {
  for (const text of ['{ a }', 'query A { a } query B { a }', 'fragment F on A { a }'])
    await expect(manifestOf([{ file: 'wrong.graphql', text }])).rejects.toThrow('wrong.graphql');
});

import { createSeededRandom } from '@playgraph/kernel/random';
import { expect, test } from 'vitest';
import { generateGraph } from './generate-graph.ts';
import { printMonolith, printSubgraph } from './print-graph.ts';

const SEEDS = Array.from({ length: 30 }, (_, i) => `trap-${i}`);
const generate = (seed: string) => generateGraph(createSeededRandom(seed), { chains: true, conflicts: true });
const print = (seed: string) => {
  const graph = generate(seed);
  return graph.subgraphs.map((name) => printSubgraph(graph, name)).join('\n');
};

test('a seed always gives the same graph', () => {
  for (const seed of SEEDS) expect(print(seed)).toBe(print(seed));
});

test('among few graphs there is every trap', () => {
  const text = SEEDS.map(print).join('\n');
  const traps = [
    /@key\(fields: "sku code"\)/,
    /@key\(fields: "org \{ id \} slug"\)/,
    /resolvable: false/,
    /@requires\(fields: "\w+ \w+/,
    /@requires\(fields: "\w+\(/,
    /@requires\(fields: "\w+ \{/,
    /@provides/,
    /@override/,
    /@inaccessible/,
    /@interfaceObject/,
    /^interface /m,
    /^union /m,
    /^type Mutation/m,
    /: \[\[/,
    /Split @shareable/,
    /@key\(fields: "tags \{ text \}"\)/,
    /@key\(fields: "place \{ zone \{ id \} \}"\)/,
    /@provides\(fields: "\w+ \{ \w+ \}"\)/,
    /^ {2}query: Root_query/m,
    /^interface \w+ implements Base/m,
    /: Mood/,
    /only_a: Int/,
    /^interface U\d+ \{/m,
    /scoreNeeds: .* @requires/,
    /scoreNeeds: .* @requires\(fields: "\w+ \w+"\)/,
    /^ {2}votes: .*/m,
    /^ {2}\w+Provided: .* @provides/m,
    /^type E\d+Lid \{\n {2}weight: .* @external/m,
    /^ {2}weight: .* @requires\(fields: "\w+lid \{ weight \}"\)/m,
    /^interface I\d+ \{\n {2}id: ID!\n\}/m,
    /^ {2}\w+FoundAll: \[I/m,
    /^ {2}\w+Root\d.* @provides/m,
  ];
  for (const trap of traps) expect(text).toMatch(trap);
  const lost = SEEDS.flatMap((seed) => [...generate(seed).types.values()]).flatMap((type) =>
    type.kind === 'entity' ? [...type.presence.values()].flatMap(({ missing }) => missing) : [],
  );
  expect(lost).not.toEqual([]);
});

test('among few graphs there is a field that only one of its subgraphs promises', () => {
  const promises = SEEDS.flatMap((seed) => [...generate(seed).types.values()]).flatMap((type) =>
    type.kind === 'entity' ? type.fields.filter(({ strictIn }) => strictIn !== null) : [],
  );
  expect(promises).not.toEqual([]);
});

test('the lenient schema has no output that must be there, and the same arguments', () => {
  const graph = generate('trap-0');
  const [strict, lenient] = [printMonolith(graph, false), printMonolith(graph, true)];
  const outputs = (sdl: string) => sdl.split('\n').filter((line) => line.startsWith('  '));
  expect(outputs(lenient).some((line) => line.endsWith('!'))).toBe(false);
  expect(outputs(strict).some((line) => line.endsWith('!'))).toBe(true);
  expect(lenient.match(/\(.*\)/g)).toEqual(strict.match(/\(.*\)/g));
});

import fc from 'fast-check';
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  parse,
  print,
  type SelectionSetNode,
  validate,
} from 'graphql';
import { expect, test } from 'vitest';
import { analyseAccess } from '../../src/protection/access.ts';
import { createAccessRules } from '../../src/protection/access-rules.ts';
import { createCostModel } from '../../src/protection/cost.ts';
import { checkDocument, OPERATION_LIMITS } from '../../src/protection/limits.ts';
import { measureDocument } from '../../src/protection/measure-document.ts';
import { fragmentsOf } from '../../src/protection/operation-document.ts';
import { withoutDenied } from '../../src/protection/without-denied.ts';
import { composeGraph } from './composed-graph.ts';

const graph = composeGraph(`
  type Query { tree: Tree }
  type Tree {
    leaf: Int
    heavy: Int @cost(weight: 3)
    secret: Int @authenticated
    left: Tree
    hidden: Tree @authenticated
    list(first: Int): [Tree] @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false)
    page(first: Int): Page @listSize(slicingArguments: ["first"], sizedFields: ["nodes"], requireOneSlicingArgument: false)
  }
  type Page { nodes: [Tree] total: Int }
`);
const model = createCostModel({ ...graph, listSizeDefault: 2 });
const rules = createAccessRules(graph.apiSchema, graph.supergraph);
const FRAGMENTS = 5;
const RUNS = 50;
const VARIABLES = ['n', 'on'] as const;

/** Selections on Tree; a fragment spreads later ones only, so that none contains itself. */
function selections(from: number, levels: number): fc.Arbitrary<string> {
  const directive = fc.constantFrom('', '', ' @include(if: $on)', ' @skip(if: $on)', ' @skip(if: false)');
  const leaf = fc
    .tuple(fc.constantFrom('leaf', 'heavy', 'secret', '__typename'), directive)
    .map((parts) => parts.join(''));
  const spread = fc
    .tuple(fc.integer({ min: Math.min(from, FRAGMENTS - 1), max: FRAGMENTS - 1 }), directive)
    .map(([i, on]) => `...F${i}${on}`);
  const leaves = from < FRAGMENTS ? fc.oneof(leaf, spread) : leaf;
  if (levels === 0) return fc.array(leaves, { minLength: 1, maxLength: 3 }).map((all) => all.join(' '));
  const below = selections(from, levels - 1);
  // An alias for each set of arguments: equal response keys always merge.
  const field = fc.constantFrom('left', 'hidden', 'a: list(first: 3)', 'b: list(first: $n)', 'c: list');
  const nested = fc.oneof(
    fc.tuple(field, directive, below).map(([name, on, set]) => `${name}${on} { ${set} }`),
    fc.tuple(directive, below).map(([on, set]) => `...${on} { ${set} }`),
    fc
      .tuple(fc.constantFrom('p: page(first: $n)', 'q: page'), below)
      .map(([name, set]) => `${name} { total nodes { ${set} } }`),
  );
  return fc.array(fc.oneof(leaves, nested), { minLength: 1, maxLength: 3 }).map((all) => all.join(' '));
}

const documents = fc
  .tuple(selections(0, 3), ...Array.from({ length: FRAGMENTS }, (_, i) => selections(i + 1, 2)))
  .map(([root, ...fragments]) =>
    [
      // Everything is used at least once, so that the document is valid.
      `query ($n: Int, $on: Boolean = true) { tree { ${root} ...F0 list(first: $n) @include(if: $on) { leaf } } }`,
      ...fragments.map((set, i) => `fragment F${i} on Tree { ${set} ${i + 1 < FRAGMENTS ? `...F${i + 1}` : 'leaf'} }`),
    ].join('\n'),
  );

type Values = { readonly n: number | undefined; readonly on: boolean };

/** Every field as if fragments were written out, with the fields above it. The slow and obvious way. */
function writtenOut(document: DocumentNode): { path: readonly FieldNode[]; directives: readonly string[] }[] {
  const fragments = fragmentsOf(document);
  const all: { path: readonly FieldNode[]; directives: readonly string[] }[] = [];
  const walk = (set: SelectionSetNode, path: readonly FieldNode[], above: readonly string[]) => {
    for (const selection of set.selections) {
      const directives = [...above, ...(selection.directives ?? []).map((node) => print(node))];
      if (selection.kind === Kind.FIELD) {
        all.push({ path: [...path, selection], directives });
        if (selection.selectionSet) walk(selection.selectionSet, [...path, selection], directives);
      } else {
        const fragment: FragmentDefinitionNode | undefined =
          selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : undefined;
        walk(
          selection.kind === Kind.INLINE_FRAGMENT ? selection.selectionSet : (fragment?.selectionSet ?? set),
          path,
          directives,
        );
      }
    }
  };
  const [operation] = document.definitions;
  if (operation?.kind === Kind.OPERATION_DEFINITION) walk(operation.selectionSet, [], []);
  return all;
}

function slowCost(document: DocumentNode, { n, on }: Values): number {
  const isOut = (directive: string) =>
    directive === '@include(if: $on)' ? !on : directive === '@skip(if: $on)' ? on : false;
  const sizeOf = (field: FieldNode) => {
    const [argument] = field.arguments ?? [];
    if (argument?.value.kind === Kind.INT) return Number(argument.value.value);
    return argument ? (n ?? 2) : 2;
  };
  let total = 0;
  for (const { path, directives } of writtenOut(document)) {
    if (directives.some(isOut)) continue;
    const times = path.map((field, i) => {
      if (field.name.value === 'list') return sizeOf(field);
      return field.name.value === 'nodes' ? sizeOf(path[i - 1] ?? field) : 1;
    });
    const last = path.at(-1);
    const weight = last?.selectionSet ? 1 : last?.name.value === 'heavy' ? 3 : 0;
    total += weight * times.reduce((product, count) => product * count, 1);
  }
  return total;
}

test('the size of any operation is what writing out its fragments gives', () => {
  fc.assert(
    fc.property(documents, (source) => {
      const document = parse(source);
      const all = writtenOut(document);
      const size = measureDocument(document);
      expect(size.fields).toBe(all.length);
      expect(size.depth).toBe(Math.max(...all.map(({ path }) => path.length)));
      expect(size.aliases).toBe(all.filter(({ path }) => path.at(-1)?.alias).length);
    }),
    { numRuns: RUNS },
  );
});

test('the cost of any operation is what writing out its fragments gives, for any variables', () => {
  const values = fc.record({ n: fc.option(fc.nat(5), { nil: undefined }), on: fc.boolean() });
  fc.assert(
    fc.property(documents, fc.array(values, { minLength: 1, maxLength: 3 }), (source, runs) => {
      const operation = graph.operation(source);
      const costOf = model.compile(operation);
      for (const run of runs) expect(costOf(run).cost).toBe(slowCost(operation.document, run));
    }),
    { numRuns: RUNS },
  );
});

test('what is left for a stranger of any operation is valid, has no guarded field and all others', () => {
  fc.assert(
    fc.property(documents, (source) => {
      const operation = graph.operation(source);
      const denied = analyseAccess(graph.apiSchema, rules, operation).denied(null, new Set());
      const guarded = (path: readonly FieldNode[]) =>
        path.some(({ name }) => name.value === 'secret' || name.value === 'hidden');
      const names = (document: DocumentNode) =>
        writtenOut(document)
          .filter(({ path }) => !guarded(path) && path.at(-1)?.name.value !== '__typename')
          .map(({ path }) => path.map((field) => field.alias?.value ?? field.name.value).join('.'));
      if (!denied) {
        expect(writtenOut(operation.document).some(({ path }) => guarded(path))).toBe(false);
        return;
      }
      const pruned = withoutDenied(graph.apiSchema, operation, denied);
      expect(validate(graph.apiSchema, pruned)).toEqual([]);
      expect(writtenOut(pruned).some(({ path }) => guarded(path))).toBe(false);
      expect(names(pruned)).toEqual(names(operation.document));
    }),
    { numRuns: RUNS },
  );
});

test('fragments that explode, spread themselves or are not there neither hang nor throw', () => {
  const spread = fc.array(fc.integer({ min: 0, max: 64 }), { minLength: 1, maxLength: 4 });
  const exploding = fc.array(spread, { minLength: 40, maxLength: 60 }).map((all) =>
    [
      `query (${VARIABLES.map((name) => `$${name}: Int`).join(' ')}) { tree { ...F0 } }`,
      ...all.map((targets, i) => {
        const places = targets.map((target, k) => `k${k}: list(first: $n) { ...F${target} nodes { ...F${i + 1} } }`);
        return `fragment F${i} on Tree { ${places.join(' ')} p: page(first: $n) { nodes { ...F${i + 1} ...F${i + 1} } } }`;
      }),
    ].join('\n'),
  );
  fc.assert(
    fc.property(exploding, fc.dictionary(fc.constantFrom(...VARIABLES), fc.jsonValue()), (source, variables) => {
      const document = parse(source);
      const [definition] = document.definitions;
      if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('not an operation');
      expect(checkDocument(document, OPERATION_LIMITS).length).toBeGreaterThan(0);
      const { cost } = model.compile({ document, definition })(variables);
      expect(cost >= 0 && cost <= Number.MAX_SAFE_INTEGER).toBe(true);
      expect(analyseAccess(graph.apiSchema, rules, { document, definition }).denied(null, new Set())).toBeNull();
    }),
    { numRuns: RUNS },
  );
});

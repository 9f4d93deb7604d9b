import { createHash } from 'node:crypto';
import { parseExact } from '@playgraph/kernel/exact-json';
import {
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionSetNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { describeUsedTypes } from '../operations/used-types.ts';
import type { EntityTypes, Fields } from './entity-types.ts';
import { generationKeys } from './generations.ts';

/** How many selections are remembered: those of the plans in use. */
const LOADS_MAX = 4_000;
/** How many representations are remembered, and how long they are together. */
const REPRESENTATIONS_MAX = 50_000;
const REPRESENTATION_CHARS_MAX = 8 * 1024 * 1024;

/** What follows from a subgraph and a selection, whichever entities it is for. */
export type LoadFacts = {
  readonly subgraph: string;
  /** Tells apart what is asked, and what means something else on another version of the graph. */
  readonly hash: string;
  /** Generations of all that the answer may hold beside the entities themselves. */
  readonly generationKeys: readonly string[];
  /**
   * Whether the last answer could be kept, so that it is worth a look: for whoever is known, and for whoever is not. Until
   * there was one it may be, for only what was looked up can be kept.
   */
  readonly isKept: { known: boolean; anonymous: boolean };
};

/** A fetch of root fields. The same object each time, so that what follows from it is worked out once. */
export type RootAsk = { readonly subgraph: string; readonly definition: OperationDefinitionNode };

/** What follows from a representation. */
export type RepresentationFacts = {
  readonly hash: string;
  readonly typename: string;
  /** One for each key of the entity that the representation has. */
  readonly entityKeys: readonly string[];
};

/** Works out, once each, what loads and representations are about, on one version of the graph. */
export type FactsOfLoads = {
  /** Null when the selection has something that the graph does not know, so that no invalidation would reach it. */
  loadFacts(subgraph: string, selectionText: string): LoadFacts | null;
  /** The same for root fields of a query. */
  rootFacts(ask: RootAsk): LoadFacts | null;
  /** Null when it names no entity by a key of its type. */
  representationFacts(text: string): RepresentationFacts | null;
  /** Whether a subgraph has ever allowed something to be kept; of those that never have nothing need be worked out. */
  readonly keeping: Map<string, boolean>;
};

export function createFactsOfLoads(types: EntityTypes, supergraphSchema: GraphQLSchema): FactsOfLoads {
  // By the selection first: a plan's text is the same string each time, whose hash is known.
  const loads = new LRUCache<string, Map<string, { readonly facts: LoadFacts | null }>>({ max: LOADS_MAX });
  const roots = new WeakMap<RootAsk, LoadFacts | null>();
  const graph = { types, supergraphSchema };
  /** Equal questions of different operations share what is known of them. */
  const recall = (subgraph: string, text: string, read: () => LoadFacts | null): LoadFacts | null => {
    const bySubgraph = loads.get(text) ?? new Map<string, { readonly facts: LoadFacts | null }>();
    const known = bySubgraph.get(subgraph);
    if (known) return known.facts;
    const facts = read();
    loads.set(text, bySubgraph.set(subgraph, { facts }));
    return facts;
  };
  const representations = new LRUCache<string, { readonly facts: RepresentationFacts | null }>({
    max: REPRESENTATIONS_MAX,
    maxSize: REPRESENTATION_CHARS_MAX,
    sizeCalculation: (_facts, text) => text.length + 1,
  });
  return {
    keeping: new Map(),
    loadFacts: (subgraph, selectionText) =>
      recall(subgraph, selectionText, () => readLoad(graph, subgraph, selectionText)),
    rootFacts(ask) {
      const known = roots.get(ask);
      if (known !== undefined) return known;
      const text = rootTextOf(ask);
      const facts = recall(ask.subgraph, text, () => readRoot(graph, ask, text));
      roots.set(ask, facts);
      return facts;
    },
    representationFacts(text) {
      const known = representations.get(text);
      if (known) return known.facts;
      const facts = readRepresentation(types, text);
      representations.set(text, { facts });
      return facts;
    },
  };
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** What invalidates what a subgraph says of objects of these types without being asked for each. */
export function unnamedKeysOf(subgraph: string, typenames: Iterable<string>): string[] {
  const keys: string[] = [];
  for (const name of typenames) keys.push(generationKeys.anyOf(name), generationKeys.typeOf(subgraph, name));
  return keys;
}

type Graph = { readonly types: EntityTypes; readonly supergraphSchema: GraphQLSchema };

function readLoad({ types, supergraphSchema }: Graph, subgraph: string, selectionText: string): LoadFacts | null {
  const document = parse(selectionText, { noLocation: true });
  const within = typesWithinEntities(types, selectionOf(document));
  if (!within) return null;
  const meaning = hashOf(describeUsedTypes(document, supergraphSchema));
  return createFacts(subgraph, { within, hash: hashOf(JSON.stringify([subgraph, meaning, selectionText])) });
}

/** An operation as text, whatever the client has called it. */
function rootTextOf({ definition }: RootAsk): string {
  const { name: _name, ...nameless } = definition;
  return `root ${print(nameless)}`;
}

function readRoot({ types, supergraphSchema }: Graph, ask: RootAsk, text: string): LoadFacts | null {
  const { subgraph, definition } = ask;
  const rootType = supergraphSchema.getRootType(definition.operation)?.name;
  const reached = rootType === undefined ? null : types.typesWithin(definition.selectionSet, rootType);
  if (rootType === undefined || !reached) return null;
  const document: DocumentNode = { kind: Kind.DOCUMENT, definitions: [definition] };
  const meaning = hashOf(describeUsedTypes(document, supergraphSchema));
  // Which objects a root field gives may change with the root's own type as well: `{ subgraph, typename: 'Query' }`.
  const within = new Set([rootType, ...reached]);
  return createFacts(subgraph, { within, hash: hashOf(JSON.stringify([subgraph, meaning, text])) });
}

function createFacts(
  subgraph: string,
  { within, hash }: { readonly within: Iterable<string>; readonly hash: string },
): LoadFacts {
  const keys = [generationKeys.subgraph(subgraph), ...unnamedKeysOf(subgraph, within)];
  return { subgraph, hash, generationKeys: keys, isKept: { known: true, anonymous: true } };
}

/** The types within a selection on `_entities`: fragments on the entities' types. Null: something is unknown. */
export function typesWithinEntities(
  types: EntityTypes,
  selectionSet: SelectionSetNode | null,
): ReadonlySet<string> | null {
  const found = new Set<string>();
  for (const selection of selectionSet?.selections ?? []) {
    if (selection.kind === Kind.FIELD && selection.name.value === '__typename') continue;
    const typename = selection.kind === Kind.INLINE_FRAGMENT ? selection.typeCondition?.name.value : undefined;
    if (selection.kind !== Kind.INLINE_FRAGMENT || typename === undefined) return null;
    const within = types.typesWithin(selection.selectionSet, typename);
    if (!within) return null;
    for (const name of within) found.add(name);
  }
  return selectionSet ? found : null;
}

function selectionOf({ definitions: [definition] }: DocumentNode): SelectionSetNode | null {
  return definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet : null;
}

function readRepresentation(types: EntityTypes, text: string): RepresentationFacts | null {
  const { __typename: typename, ...fields } = parseExact(text) as Fields;
  if (typeof typename !== 'string') return null;
  const keys = types.keysOf(typename, fields);
  if (keys.length === 0) return null;
  return { hash: hashOf(text), typename, entityKeys: keys.map((key) => generationKeys.entity(typename, key)) };
}

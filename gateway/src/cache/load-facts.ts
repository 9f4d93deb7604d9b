import { createHash } from 'node:crypto';
import { type DocumentNode, type GraphQLSchema, Kind, parse, type SelectionSetNode } from 'graphql';
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
  /** Tells apart loads that mean something else on another version of the graph. */
  readonly meaning: string;
  /** Generations of all that the answer may hold beside the entities themselves. */
  readonly generationKeys: readonly string[];
  /** Whether the last answer could be kept, so that it is worth a look. */
  isKept: boolean;
};

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
  /** Null when it names no entity by a key of its type. */
  representationFacts(text: string): RepresentationFacts | null;
};

export function createFactsOfLoads(types: EntityTypes, supergraphSchema: GraphQLSchema): FactsOfLoads {
  // By the selection first: a plan's text is the same string each time, whose hash is known.
  const loads = new LRUCache<string, Map<string, { readonly facts: LoadFacts | null }>>({ max: LOADS_MAX });
  const representations = new LRUCache<string, { readonly facts: RepresentationFacts | null }>({
    max: REPRESENTATIONS_MAX,
    maxSize: REPRESENTATION_CHARS_MAX,
    sizeCalculation: (_facts, text) => text.length + 1,
  });
  return {
    loadFacts(subgraph, selectionText) {
      const bySubgraph = loads.get(selectionText) ?? new Map<string, { readonly facts: LoadFacts | null }>();
      const known = bySubgraph.get(subgraph);
      if (known) return known.facts;
      const facts = readLoad({ types, supergraphSchema }, subgraph, selectionText);
      loads.set(selectionText, bySubgraph.set(subgraph, { facts }));
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
  const keys = [generationKeys.subgraph(subgraph), ...unnamedKeysOf(subgraph, within)];
  const meaning = hashOf(describeUsedTypes(document, supergraphSchema));
  return { subgraph, meaning, generationKeys: keys, isKept: false };
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
  const { __typename: typename, ...fields } = JSON.parse(text) as Fields;
  if (typeof typename !== 'string') return null;
  const keys = types.keysOf(typename, fields);
  if (keys.length === 0) return null;
  return { hash: hashOf(text), typename, entityKeys: keys.map((key) => generationKeys.entity(typename, key)) };
}

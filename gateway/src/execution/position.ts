import { Kind, type SelectionSetNode } from 'graphql';

/**
 * A place of the response by its plan keys, lists left out: `users.reviews.product`. The objects there come with the
 * answer that brought their parent; each fetch for the place adds a record to every object, found by its key.
 */
export type Position<Fetch> = {
  readonly parent: Position<Fetch> | null;
  /** The plan key below the parent; empty at the root. */
  readonly key: string;
  /** The place of this position in arrays that a run keeps. */
  readonly index: number;
  readonly children: Map<string, Position<Fetch>>;
  /** The names of all object types of the supergraph. */
  readonly objectTypes: ReadonlySet<string>;
  /** The fetches that bring records to the objects here, in the plan's order. */
  readonly fetches: Fetch[];
  /** Plan key -> where its value is: 0 is the object itself, n is the record of `fetches[n - 1]`. */
  readonly sources: Map<string, number[]>;
  /** Plan key -> the subgraph that is asked for its value; null where several are. */
  readonly subgraphs: Map<string, string | null>;
  /** Keys under which subgraphs answer and that rewrites rename -> the plan keys: errors have their paths in the former. */
  readonly renamed: Map<string, string>;
  /**
   * Keys of objects and lists that are put into the object itself: several fetches bring parts of them, or what is there
   * has to be told apart by place though records of one entity stand at many.
   */
  readonly merged: Set<string>;
};

/** The positions of one plan. */
export type PositionTree<Fetch> = {
  readonly root: Position<Fetch>;
  /** The position at a plan path below `from`, made when it is not there. */
  at(from: Position<Fetch>, path: readonly (string | number)[]): Position<Fetch>;
  /** Notes what a fetch for `position` selects. `source` as in `Position.sources`. */
  contribute(position: Position<Fetch>, contribution: Contribution): void;
  size(): number;
};

/** What one fetch brings to a position. */
export type Contribution = {
  readonly source: number;
  readonly subgraph: string;
  readonly selectionSet: SelectionSetNode;
  /** Path of response keys below the position, joined by dots -> the key that an output rewrite gives it. */
  readonly renames: ReadonlyMap<string, string>;
};

/** In a plan's path: every item of a list. */
const EACH_ITEM = '@';
export const ITSELF = 0;

export function createPositionTree<Fetch>(objectTypes: ReadonlySet<string>): PositionTree<Fetch> {
  let size = 0;
  const create = (parent: Position<Fetch> | null, key: string): Position<Fetch> => ({
    parent,
    key,
    index: size++,
    children: new Map(),
    objectTypes,
    fetches: [],
    sources: new Map(),
    subgraphs: new Map(),
    renamed: new Map(),
    merged: new Set(),
  });
  const child = (parent: Position<Fetch>, key: string): Position<Fetch> => {
    const known = parent.children.get(key) ?? create(parent, key);
    parent.children.set(key, known);
    return known;
  };
  const walk = (position: Position<Fetch>, contribution: Contribution, path: string): void => {
    const { source, subgraph, selectionSet, renames } = contribution;
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        walk(position, { ...contribution, selectionSet: selection.selectionSet }, path);
      } else if (selection.kind === Kind.FIELD) {
        const responseKey = selection.alias?.value ?? selection.name.value;
        const ownPath = path === '' ? responseKey : `${path}.${responseKey}`;
        const key = renames.get(ownPath) ?? responseKey;
        if (key !== responseKey) position.renamed.set(responseKey, key);
        const known = position.subgraphs.get(key);
        position.subgraphs.set(key, known === undefined || known === subgraph ? subgraph : null);
        addSource(position, key, { source, isComposite: selection.selectionSet !== undefined });
        if (selection.selectionSet) {
          const below = { ...contribution, source: ITSELF, selectionSet: selection.selectionSet };
          walk(child(position, key), below, ownPath);
        }
      }
    }
  };
  const root = create(null, '');
  return {
    root,
    at: (from, path) =>
      path.reduce<Position<Fetch>>((at, step) => (step === EACH_ITEM ? at : child(at, `${step}`)), from),
    contribute: (position, contribution) => walk(position, contribution, ''),
    size: () => size,
  };
}

/** Makes the objects at `position` one for each place, with the objects that they are in: an entity's record is one for all. */
export function keepApart<Fetch>({ parent, key }: Position<Fetch>): void {
  if (!parent) return;
  // The root is one object.
  if (parent.parent && parent.sources.get(key)?.some((source) => source !== ITSELF)) parent.merged.add(key);
  keepApart(parent);
}

/** Whether anything is merged at a position or below it. */
export function hasMerged<Fetch>({ merged, children }: Position<Fetch>): boolean {
  return merged.size > 0 || [...children.values()].some(hasMerged);
}

function addSource<Fetch>(
  position: Position<Fetch>,
  key: string,
  { source, isComposite }: { source: number; isComposite: boolean },
): void {
  const known = position.sources.get(key);
  if (!known) position.sources.set(key, [source]);
  else if (!known.includes(source)) known.push(source);
  // The root is one object: what several fetches bring to it is merged as it arrives.
  const isShared = isComposite && (position.sources.get(key)?.length ?? 0) > 1 && position.parent !== null;
  if (isShared) position.merged.add(key);
}

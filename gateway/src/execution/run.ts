import type { GraphQLFormattedError } from 'graphql';
import type { EntityCacheSession } from '../cache/entity-session.ts';
import type { ForeseenCall, SubgraphCall } from '../calls/subgraph-call.ts';
import type { EntitySelection, FetchOperation } from './fetch-operation.ts';
import type { StepJoining } from './join-steps.ts';
import type { MutableObject } from './merge.ts';
import type { Position } from './position.ts';
import type { SubgraphProblem } from './subgraph-problem.ts';
import type { JsonObject, View } from './view.ts';

/** The records of one fetch: what a subgraph said of each entity; null when it knows none. Led fetches use the leader's keys. */
export type RecordTable = ReadonlyMap<EntityKey, JsonObject | null>;

/** A fetch that adds a record to every object at a position. */
export type EntityFetch = {
  /** Its place in `Run.tables`. */
  readonly index: number;
  readonly position: Position<EntityFetch>;
  readonly representation: Representation;
  readonly operation: FetchOperation;
  /**
   * The fetch at the same position whose cheap key decides this one's: what follows from an entity is worked out once for
   * each entity, not for each object. Null when there is none.
   */
  readonly leader: EntityFetch | null;
  /** Which loader asks for its entities: fetches that ask the same of the same kind of entity share one. */
  readonly loader: number;
  /** The subgraphs that are asked as soon as this one has answered. */
  readonly next: ReadonlySet<string>;
  /** Null when nothing around the entity matters to this fetch. */
  readonly context: ContextFetch | null;
  /** The objects that it is for; null: all at its position. */
  readonly needed: ((run: Run) => readonly JsonObject[]) | null;
  /** Null for a fetch of root fields below the root: it has no entities, its data is the record of every object. */
  readonly selection: EntitySelection | null;
  /** Plan key of what this fetch requires -> the plan keys of its own fields that need it; errors alone ask. */
  readonly dependents: ReadonlyMap<string, readonly string[]>;
  /** Makes the planner's output rewrites in an answer that nobody else has; null when there are none. */
  readonly rewrite: ((data: unknown) => void) | null;
};

/** One execution of a compiled plan: what it needs, and what it gathers on the way. */
export type Run = Gathered & {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly call: SubgraphCall;
  /** What is kept of entities, and how long the answer may be; null where nothing is. */
  readonly cache: EntityCacheSession | null;
  /** Whether answers are changed while they are put together, so that each needs a copy of its own. */
  readonly isPrivate: boolean;
  /** Requests that were sent ahead; null when none were. */
  readonly foreseen: ForeseenLoads | null;
  /** Null when a load leaves without waiting for others that could join it. */
  readonly joining: StepJoining | null;
  /** Some fetch of a loader. */
  readonly fetchOf: (loader: number) => EntityFetch | undefined;
  /** Told how far the run is, where parts of the plan are deferred; null when none are. */
  readonly deferred: {
    fetched(id: string): void;
    reached(block: number): void;
  } | null;
  /** Ends the run with a failure that is no subgraph's: the first one counts. */
  readonly abort: (error: unknown) => void;
};

/** What a run gathers. */
export type Gathered = {
  /** What the root fetches brought. */
  readonly root: MutableObject;
  /** By `EntityFetch.index`; undefined while it has not run. */
  readonly tables: (RecordTable | undefined)[];
  /** By `EntityFetch.index`: the keys of objects, where making them costs more than remembering them. */
  readonly keys: (Map<JsonObject, EntityKey | undefined> | undefined)[];
  /** What requests for keys of fetches with a context carry. */
  readonly contexts: Map<EntityKey, ContextOfKey>;
  /** By `EntityFetch.index` of leaders: the key of each entity, with one of the objects that stand for it. */
  readonly entities: (ReadonlyMap<EntityKey, JsonObject> | undefined)[];
  /** By `Position.index`: the objects there, once somebody has asked for them. */
  readonly objects: (readonly JsonObject[] | undefined)[];
  /** By `EntityFetch.loader`. */
  readonly loaders: (LoaderState | undefined)[];
  /** Loads that leave together at the end of this turn, by subgraph. */
  readonly queue: Map<string, PendingLoad[]>;
  /** What went wrong in root fetches. */
  readonly problems: SubgraphProblem[];
  /** Whether every string of every answer so far can be printed as it is: ASCII that needs no escape. */
  isPlain: boolean;
};

/** What tells entities apart: equal keys, equal representations. */
export type EntityKey = string | number;

/** What a fetch asks for: the keys of entities, and the key under which each shall stand in its table. May repeat itself. */
export type Wanted = { readonly keys: readonly EntityKey[]; readonly tableKeys: readonly EntityKey[] };

/** How the entities of one fetch are named. */
export type Representation = {
  /** The key of the entity behind a view; undefined when the view lacks what the fetch requires, or is of another type. */
  readonly keyOf: (view: View, run: Run) => EntityKey | undefined;
  /** The same of an object to which no fetch has added anything yet. */
  readonly keyOfObject: (object: JsonObject, run: Run) => EntityKey | undefined;
  /** The representation that a key stands for, as JSON. */
  readonly textOf: (key: EntityKey) => string;
  /** Whether making a key is as cheap as reading a field, so that nobody needs to remember it. */
  readonly isKeyCheap: boolean;
  /** The one object type whose entities it names; null when there may be several. */
  readonly typename: string | null;
  /** The plan keys that a key is made of, beside `__typename`. */
  readonly keyFields: ReadonlySet<string>;
};

/**
 * Arguments of an entity fetch that come from around the entity (`@fromContext`): entities with other values are other
 * entities to this fetch, and travel in requests of their own.
 */
export type ContextFetch = {
  /** How the entity itself is named. */
  readonly entity: Representation;
  readonly values: readonly ContextValue[];
};

/** Where the value of a variable may be: paths from the entity, `..` being the object that holds it. */
export type ContextValue = { readonly variable: string; readonly paths: readonly (readonly string[])[] };

/** What a request for one key carries beside the representation. */
export type ContextOfKey = { readonly text: string; readonly variables: Readonly<Record<string, unknown>> };

/** What one loader knows in one run: an entity is asked for once, however many paths lead to it. */
export type LoaderState = {
  readonly fetch: EntityFetch;
  readonly records: Map<EntityKey, JsonObject | null>;
  /** What was asked for: over when there is a record. */
  readonly pending: Map<EntityKey, Promise<void>>;
  readonly problems: EntityProblem[];
};

/** An error about entities, told at each place where one of them stands. */
export type EntityProblem = {
  readonly subgraph: string;
  readonly error: GraphQLFormattedError;
  readonly keys: readonly EntityKey[];
  /** Plan keys and list indexes below the entity, empty: it is missing; undefined: nothing is, and it is told once. */
  readonly path: readonly (string | number)[] | undefined;
};

/** Entities that wait for the end of the turn, to leave with others for the same subgraph. */
export type PendingLoad = {
  readonly fetch: EntityFetch;
  readonly keys: EntityKey[];
  readonly texts: string[];
  readonly state: LoaderState;
  /** Values of variables that hold for these entities alone; such a load joins no other. */
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  /** The subgraphs that will be asked once this is there; null where loads do not wait for each other. */
  readonly next: Set<string> | null;
  readonly done: Promise<void>;
  readonly settle: () => void;
};

/** What a request for entities is for: the loads in it, in their order. */
export type LoadPurpose = readonly { readonly loader: number; readonly keys: readonly EntityKey[] }[];

/** A request on its way that brings an entity. */
export type ForeseenLoad = { readonly call: ForeseenCall; readonly purpose: LoadPurpose };

/** Finds requests that were sent ahead by what they bring, however they were put together. */
export type ForeseenLoads = { find(loader: number, key: EntityKey): ForeseenLoad | undefined };

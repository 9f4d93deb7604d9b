import type { DeferNode, FetchNode, PlanNode } from '@apollo/query-planner';
import { type GraphQLSchema, isObjectType, Kind, type SelectionSetNode } from 'graphql';
import { NO_KEY, toContextValues } from './context-values.ts';
import { dependentsIn } from './dependents.ts';
import { createFetchOperation, entitySelectionOf } from './fetch-operation.ts';
import { findNextSubgraphs } from './join-steps.ts';
import { keysIn } from './keys-in.ts';
import { leaderOf } from './leader.ts';
import { compileIsLeftOut } from './left-out.ts';
import { viewOf } from './objects.ts';
import { createPositionTree, hasMerged, ITSELF, keepApart, type Position, type PositionTree } from './position.ts';
import { compileRepresentation } from './representation.ts';
import { applyRewrites, renamesOf } from './rewrites.ts';
import type { EntityFetch, Run } from './run.ts';
import { rootRepresentation, runEntityFetch } from './run-entity-fetch.ts';
import { runRootFetch } from './run-root-fetch.ts';
import type { SupergraphFacts } from './supergraph-facts.ts';
import type { JsonObject } from './view.ts';

/** A plan as closures. */
export type CompiledPlan = {
  readonly root: Position<EntityFetch>;
  readonly entityFetches: readonly EntityFetch[];
  /** Whether a run changes answers, so that it needs copies of its own. */
  readonly isPrivate: boolean;
  /** How many fetches the plan has, for whoever wants to know what an operation costs at most. */
  readonly fetchCount: number;
  /** Runs the plan without what is deferred. Rejects never; see `Run.abort`. */
  readonly execute: Step;
  /** What `@defer` puts off, parents before children. */
  readonly blocks: readonly DeferredBlock[];
};

/** A part of the response that comes later. */
export type DeferredBlock = {
  readonly index: number;
  /** The block that has to be delivered before. */
  readonly parent: DeferredBlock | null;
  /** Ids of the fetches that it waits for. */
  readonly depends: readonly string[];
  readonly label: string | undefined;
  /** Plan keys and type conditions from the root. */
  readonly queryPath: readonly string[];
  readonly step: Step;
};

/** A part of a plan, compiled. */
export type Step = (run: Run) => Promise<void> | void;

type PlanContext = {
  readonly supergraphSchema: GraphQLSchema;
  readonly facts: SupergraphFacts;
  readonly tree: PositionTree<EntityFetch>;
  readonly entityFetches: EntityFetch[];
  readonly loaders: Map<string, number>;
  readonly state: { isPrivate: boolean; fetchCount: number };
  /** Keys of root objects that some root fetch brings. */
  readonly rootObjects: Set<string>;
  /** Positions with a fetch to which it matters what is around. */
  readonly inContext: Position<EntityFetch>[];
  readonly blocks: Mutable<DeferredBlock>[];
  readonly next: ReturnType<typeof findNextSubgraphs>;
};

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/**
 * Compiles a plan's node; an absent one (nothing but introspection or `__typename`) runs nothing. `primary` is the fetch
 * whose data is at the root before the plan runs: that of a subscription's event.
 */
export function compilePlan(
  node: PlanNode | undefined,
  { supergraphSchema, facts }: Pick<PlanContext, 'supergraphSchema' | 'facts'>,
  primary?: FetchNode,
): CompiledPlan {
  const context: PlanContext = {
    supergraphSchema,
    facts,
    tree: createPositionTree(objectTypesOf(supergraphSchema)),
    entityFetches: [],
    loaders: new Map(),
    state: { isPrivate: false, fetchCount: 0 },
    rootObjects: new Set(),
    inContext: [],
    blocks: [],
    next: findNextSubgraphs(node),
  };
  if (primary) compileRootFetch(primary, context.tree.root, context);
  const link = node ? compileNode(node, context.tree.root, context) : () => doNothing;
  // Of an entity the context differs from place to place.
  for (const position of context.inContext) keepApart(position);
  const execute = link();
  return {
    root: context.tree.root,
    entityFetches: context.entityFetches,
    isPrivate: context.state.isPrivate || hasMerged(context.tree.root),
    fetchCount: context.state.fetchCount,
    execute,
    blocks: context.blocks,
  };
}

const objectTypesBySchema = new WeakMap<GraphQLSchema, ReadonlySet<string>>();

function objectTypesOf(schema: GraphQLSchema): ReadonlySet<string> {
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  const known = objectTypesBySchema.get(schema) ?? new Set(types.map(({ name }) => name));
  objectTypesBySchema.set(schema, known);
  return known;
}

const doNothing: Step = () => undefined;

/**
 * Compiling has two passes: the first notes what every fetch brings where, the second (the function that the first one
 * gives) makes closures, when it is known where each key will be found.
 */
type Link = () => Step;

function compileNode(node: PlanNode, position: Position<EntityFetch>, context: PlanContext): Link {
  switch (node.kind) {
    case 'Sequence':
      return compileSequence(node.nodes, position, context);
    case 'Parallel':
      return compileParallel(node.nodes, position, context);
    case 'Flatten':
      return compileNode(node.node, context.tree.at(position, node.path), context);
    case 'Condition': {
      const whenTrue = node.ifClause && compileNode(node.ifClause, position, context);
      const whenFalse = node.elseClause && compileNode(node.elseClause, position, context);
      return () => linkCondition(node.condition, whenTrue?.() ?? doNothing, whenFalse?.() ?? doNothing);
    }
    case 'Fetch':
      return compileFetch(node, position, context);
    case 'Defer':
      return compileDefer(node, position, context);
  }
}

function compileFetch(node: FetchNode, position: Position<EntityFetch>, context: PlanContext): Link {
  context.state.fetchCount++;
  const isOfRoot = position.parent === null && !node.requires;
  const link = isOfRoot ? compileRootFetch(node, position, context) : compileEntityFetch(node, position, context);
  const { id } = node;
  if (id === undefined) return link;
  return () => {
    const step = link();
    return async (run) => {
      await step(run);
      run.deferred?.fetched(id);
    };
  };
}

/** The step of a `Defer` node is its primary part; what is put off becomes blocks, which whoever runs the plan starts. */
function compileDefer(
  node: DeferNode,
  position: Position<EntityFetch>,
  context: PlanContext & { readonly parent?: DeferredBlock },
): Link {
  const primary = node.primary.node ? compileNode(node.primary.node, position, context) : () => doNothing;
  const blocks = node.deferred.map((deferred) => {
    const block: Mutable<DeferredBlock> = {
      index: context.blocks.length,
      parent: context.parent ?? null,
      depends: deferred.depends.map(({ id }) => id),
      label: deferred.label,
      queryPath: deferred.queryPath,
      step: doNothing,
    };
    context.blocks.push(block);
    const below = { ...context, parent: block };
    return { block, link: deferred.node ? compileNode(deferred.node, position, below) : () => doNothing };
  });
  return () => {
    for (const { block, link } of blocks) block.step = link();
    const step = primary();
    return (run) => {
      for (const { block } of blocks) run.deferred?.reached(block.index);
      return step(run);
    };
  };
}

function compileSequence(nodes: readonly PlanNode[], position: Position<EntityFetch>, context: PlanContext): Link {
  const links = nodes.map((node) => compileNode(node, position, context));
  return () => {
    const steps = links.map((link) => link());
    return async (run) => {
      for (const step of steps) await step(run);
    };
  };
}

function compileParallel(nodes: readonly PlanNode[], position: Position<EntityFetch>, context: PlanContext): Link {
  const links = nodes.map((node) => compileNode(node, position, context));
  return () => {
    const steps = links.map((link) => link());
    return async (run) => {
      await Promise.all(steps.map((step) => step(run)));
    };
  };
}

function linkCondition(variable: string, whenTrue: Step, whenFalse: Step): Step {
  return (run) => (run.variables[variable] === true ? whenTrue(run) : whenFalse(run));
}

function compileRootFetch(node: FetchNode, position: Position<EntityFetch>, context: PlanContext): Link {
  const operation = createFetchOperation(node, context.facts.exactFields);
  const { selectionSet } = operation.definition;
  for (const field of selectionSet.selections) {
    if (field.kind !== Kind.FIELD || !field.selectionSet) continue;
    const key = field.alias?.value ?? field.name.value;
    // Parts of one root object from several fetches are merged as they arrive: what was read of it before is stale.
    if (context.rootObjects.has(key)) context.state.isPrivate = true;
    context.rootObjects.add(key);
  }
  context.tree.contribute(position, {
    source: ITSELF,
    subgraph: node.serviceName,
    selectionSet,
    renames: renamesOf(node),
  });
  const fetch = { operation, rewrite: rewriterOf(node, context), next: context.next.get(node) ?? new Set<string>() };
  return () => unlessLeftOut(selectionSet, context, (run) => runRootFetch(run, fetch));
}

function compileEntityFetch(node: FetchNode, position: Position<EntityFetch>, context: PlanContext): Link {
  const operation = createFetchOperation(node, context.facts.exactFields);
  const selection = node.requires ? entitySelectionOf(operation) : null;
  const selectionSet = selection?.selectionSet ?? operation.definition.selectionSet;
  const index = context.entityFetches.length;
  const fetch: Mutable<EntityFetch> = {
    index,
    position,
    representation: node.requires ? NO_KEY : rootRepresentation,
    operation,
    // Root fields below the root are asked for at each place by itself, and so are their errors.
    loader: loaderOf(node, selection?.selectionText ?? `${index}`, context),
    leader: null,
    context: null,
    needed: null,
    next: context.next.get(node) ?? new Set(),
    selection,
    dependents: dependentsIn(node, { selectionSet, facts: context.facts }),
    rewrite: rewriterOf(node, context),
  };
  context.entityFetches.push(fetch);
  if (node.contextRewrites?.length) context.inContext.push(position);
  position.fetches.push(fetch);
  const source = position.fetches.length;
  context.tree.contribute(position, { source, subgraph: node.serviceName, selectionSet, renames: renamesOf(node) });
  return () => {
    if (node.requires) {
      const { supergraphSchema, facts } = context;
      const keysOf = keysIn(node.serviceName, { supergraphSchema, facts });
      const viewAt = (at: Position<EntityFetch>) => (object: JsonObject, run: Run) => viewOf(at, object, run);
      const representation = compileRepresentation(node, { supergraphSchema, position, viewAt, keysOf });
      if (node.contextRewrites?.length) {
        fetch.context = { entity: representation, values: toContextValues(node.contextRewrites) };
      } else {
        fetch.representation = representation;
        fetch.leader = leaderOf(fetch);
      }
    }
    const mergedKeys = [...position.merged].filter((key) => position.sources.get(key)?.includes(source));
    return unlessLeftOut(selectionSet, context, (run) => runEntityFetch(run, fetch, mergedKeys));
  };
}

function unlessLeftOut(selectionSet: SelectionSetNode, { tree }: PlanContext, step: Step): Step {
  const isLeftOut = compileIsLeftOut(selectionSet, (name) => tree.root.objectTypes.has(name));
  return isLeftOut ? (run) => (isLeftOut(run.variables) ? undefined : step(run)) : step;
}

/** Fetches that ask the same of entities named in the same way share a loader. */
function loaderOf(node: FetchNode, selectionText: string, { loaders }: PlanContext): number {
  const same = JSON.stringify([
    node.serviceName,
    selectionText,
    node.requires ?? null,
    node.inputRewrites ?? null,
    node.contextRewrites ?? null,
    node.outputRewrites ?? null,
  ]);
  const loader = loaders.get(same) ?? loaders.size;
  loaders.set(same, loader);
  return loader;
}

function rewriterOf({ outputRewrites }: FetchNode, context: PlanContext): EntityFetch['rewrite'] {
  if (!outputRewrites?.length) return null;
  context.state.isPrivate = true;
  return (data) => applyRewrites(context.supergraphSchema, outputRewrites, data);
}

import type { FetchNode, FlattenNode, PlanNode, QueryPlanSelectionNode } from '@apollo/query-planner';
import { answerOf } from '@playgraph/server/transport';
import { type GraphQLSchema, OperationTypeNode, parse, type SelectionNode } from 'graphql';
import { type CompiledPlan, compilePlan } from '../../src/execution/compile-plan.ts';
import { createRun } from '../../src/execution/objects.ts';
import type { EntityFetch, EntityKey, Run } from '../../src/execution/run.ts';
import type { View } from '../../src/execution/view.ts';

/** A fetch of root fields; `selection` as in `user { id }`. */
export function rootFetch(subgraph: string, selection: string, rewrites: Partial<FetchNode> = {}): FetchNode {
  return {
    kind: 'Fetch',
    serviceName: subgraph,
    operation: `{ ${selection} }`,
    operationName: undefined,
    operationKind: OperationTypeNode.QUERY,
    ...rewrites,
  };
}

export type HandMadeEntities = {
  /** `users.@`. */
  readonly path: string;
  /** `... on User { __typename id }`. */
  readonly requires: string;
  readonly selection: string;
} & Partial<Pick<FetchNode, 'inputRewrites' | 'outputRewrites'>>;

/** A fetch of entities at a path. */
export function entityFetch(subgraph: string, entities: HandMadeEntities): FlattenNode {
  const { path, requires, selection, ...rewrites } = entities;
  const operation = `query ($representations: [_Any!]!) { _entities(representations: $representations) { ${selection} } }`;
  return {
    kind: 'Flatten',
    path: path.split('.'),
    node: { ...rootFetch(subgraph, ''), operation, requires: toRequires(requires), ...rewrites },
  };
}

export const sequence = (...nodes: PlanNode[]): PlanNode => ({ kind: 'Sequence', nodes });
export const parallel = (...nodes: PlanNode[]): PlanNode => ({ kind: 'Parallel', nodes });

/** The plan as the executor compiles it; every subgraph resolves every type by `keys`. */
export function compileByHand(
  node: PlanNode,
  supergraphSchema: GraphQLSchema,
  keys: readonly (readonly string[])[] = [['id']],
): CompiledPlan {
  return compilePlan(node, {
    supergraphSchema,
    facts: { keysOf: () => keys, requiredBy: () => new Set(), exactFields: new Set() },
  });
}

/** A run that nobody answers anything. */
export function idleRun(isPrivate = false): Run {
  return createRun({
    variables: {},
    call: async () => answerOf({ data: {} }),
    isPrivate,
    foreseen: null,
    joining: null,
    cache: null,
    fetchOf: () => undefined,
    deferred: null,
    abort: (error) => {
      throw error;
    },
  });
}

/** The representation of the entity behind a view, as a subgraph would get it; undefined when it is not asked for. */
export function representationOf({ representation }: EntityFetch, view: View, run = idleRun()): unknown {
  const key: EntityKey | undefined = representation.keyOf(view, run);
  return key === undefined ? undefined : JSON.parse(representation.textOf(key));
}

function toRequires(text: string): QueryPlanSelectionNode[] {
  const [operation] = parse(`{ ${text} }`).definitions;
  return operation?.kind === 'OperationDefinition' ? operation.selectionSet.selections.map(toPlanSelection) : [];
}

function toPlanSelection(node: SelectionNode): QueryPlanSelectionNode {
  if (node.kind === 'FragmentSpread') throw new TypeError('plans name no fragments');
  const selections = node.selectionSet?.selections.map(toPlanSelection);
  if (node.kind === 'InlineFragment') {
    const condition = node.typeCondition && { typeCondition: node.typeCondition.name.value };
    return { kind: 'InlineFragment', ...condition, selections: selections ?? [] };
  }
  const alias = node.alias && { alias: node.alias.value };
  return { kind: 'Field', name: node.name.value, ...alias, ...(selections && { selections }) };
}

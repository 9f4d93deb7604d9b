import type { FetchNode, PlanNode, QueryPlan } from '@apollo/query-planner';
import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { fragmentsOf } from '../../protection/operation-document.ts';

/** How many fields of an operation are looked at: fragments of fragments may unfold without end in sight. */
const FIELDS_MAX = 5_000;
const EACH_ITEM = '@';
const ENTITIES = '_entities';

/** The conditions around one occurrence of a field, as `@include(if: $v)`; all have to hold. */
type Occurrence = ReadonlyMap<string, DirectiveNode>;

/**
 * Says again of the fields of entity fetches under which conditions they are asked for. The planner forgets the conditions
 * of the fields around an entity where one fetch serves selections with and without them, and those around an interface
 * object: the subgraph would be asked for what nobody selected, and its errors told. `needed` are names that the planner
 * asks for by itself; these stay as they are.
 */
export function withLostConditions(
  plan: QueryPlan,
  { document, needed }: { readonly document: DocumentNode; readonly needed: ReadonlySet<string> },
): QueryPlan {
  const { node } = plan;
  const operation = document.definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
  const isAlone = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).length === 1;
  if (!node || node.kind === 'Subscription' || !operation || !isAlone || !operation.variableDefinitions?.length) {
    return plan;
  }
  const occurrences = findOccurrences(document, operation);
  if (!occurrences) return plan;
  const repair: Repair = (fetch, { path, holds }) => {
    const lostAt = (key: string) =>
      needed.has(key) ? [] : commonOf(occurrences.get(join(path, key))).filter((one) => !holds.has(print(one)));
    return fetch.requires ? withConditions(fetch, lostAt, operation) : fetch;
  };
  return { ...plan, node: mapFetches(node, { path: '', holds: new Set() }, repair) };
}

/** Where every field of the operation stands, `path.key` in plan keys; null when nothing in it is conditional. */
function findOccurrences(
  document: DocumentNode,
  operation: OperationDefinitionNode,
): ReadonlyMap<string, readonly Occurrence[]> | null {
  const fragments = fragmentsOf(document);
  const found = new Map<string, Occurrence[]>();
  let fields = 0;
  let isConditional = false;
  const walk = ({ selections }: SelectionSetNode, path: string, around: Occurrence): void => {
    for (const selection of selections) {
      const conditions = conditionsOf(selection, around);
      isConditional ||= conditions.size > 0;
      if (selection.kind !== Kind.FIELD) {
        const body = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
        if (body) walk(body.selectionSet, path, conditions);
        continue;
      }
      fields += 1;
      if (fields > FIELDS_MAX) return;
      const at = join(path, selection.alias?.value ?? selection.name.value);
      found.set(at, [...(found.get(at) ?? []), conditions]);
      if (selection.selectionSet) walk(selection.selectionSet, at, conditions);
    }
  };
  walk(operation.selectionSet, '', new Map());
  return isConditional && fields <= FIELDS_MAX ? found : null;
}

function conditionsOf({ directives }: SelectionNode, around: Occurrence): Occurrence {
  const own = (directives ?? []).filter(({ name }) => name.value === 'include' || name.value === 'skip');
  return own.length === 0 ? around : new Map([...around, ...own.map((one) => [print(one), one] as const)]);
}

/** What holds wherever a field stands. */
function commonOf(occurrences: readonly Occurrence[] = []): DirectiveNode[] {
  const [first, ...others] = occurrences;
  return [...(first ?? [])].flatMap(([text, one]) => (others.every((other) => other.has(text)) ? [one] : []));
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

/** Where a node of a plan stands, and the conditions around it in the plan. */
type Place = { readonly path: string; readonly holds: ReadonlySet<string> };
type Repair = (fetch: FetchNode, place: Place) => FetchNode;

/** The plan with `repair` applied to every fetch of it. */
export function mapFetches(node: PlanNode, place: Place, repair: Repair): PlanNode {
  switch (node.kind) {
    case 'Fetch':
      return repair(node, place);
    case 'Sequence':
    case 'Parallel':
      return { ...node, nodes: node.nodes.map((step) => mapFetches(step, place, repair)) };
    case 'Flatten': {
      const keys = node.path.filter((step) => step !== EACH_ITEM);
      const path = keys.reduce<string>((at, key) => join(at, `${key}`), place.path);
      return { ...node, node: mapFetches(node.node, { ...place, path }, repair) };
    }
    case 'Condition': {
      const inside = (name: string) => ({
        ...place,
        holds: new Set([...place.holds, `@${name}(if: $${node.condition})`]),
      });
      return {
        ...node,
        ...(node.ifClause ? { ifClause: mapFetches(node.ifClause, inside('include'), repair) } : {}),
        ...(node.elseClause ? { elseClause: mapFetches(node.elseClause, inside('skip'), repair) } : {}),
      };
    }
    case 'Defer': {
      const inside = <Part extends { node?: PlanNode }>(part: Part): Part =>
        part.node ? { ...part, node: mapFetches(part.node, place, repair) } : part;
      return { ...node, primary: inside(node.primary), deferred: node.deferred.map(inside) };
    }
  }
}

/** A fetch whose fields below `_entities` carry the conditions that `conditionsAt` knows and the fetch does not. */
function withConditions(
  node: FetchNode,
  conditionsAt: (key: string) => readonly DirectiveNode[],
  operation: OperationDefinitionNode,
): FetchNode {
  const added = new Set<string>();
  const settle = (selection: SelectionNode, around: Occurrence): SelectionNode => {
    const known = conditionsOf(selection, around);
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const selections = selection.selectionSet.selections.map((inner) => settle(inner, known));
      return { ...selection, selectionSet: { ...selection.selectionSet, selections } };
    }
    if (selection.kind !== Kind.FIELD) return selection;
    const lost = conditionsAt(selection.alias?.value ?? selection.name.value).filter((one) => !known.has(print(one)));
    for (const one of lost) visit(one, { Variable: ({ name }) => void added.add(name.value) });
    return lost.reduce(wrap, selection as SelectionNode);
  };
  const document = visit(node.operationDocumentNode ?? parse(node.operation), {
    Field(field: FieldNode) {
      if (field.name.value !== ENTITIES || !field.selectionSet) return undefined;
      const selections = field.selectionSet.selections.map((selection) => settle(selection, new Map()));
      return { ...field, selectionSet: { ...field.selectionSet, selections } };
    },
  });
  return added.size === 0 ? node : declare(node, { document, names: [...added], operation });
}

/** A selection under one more condition; a directive stands once only. */
function wrap(selection: SelectionNode, condition: DirectiveNode): SelectionNode {
  const own = selection.directives ?? [];
  if (!own.some(({ name }) => name.value === condition.name.value)) {
    return { ...selection, directives: [...own, condition] };
  }
  const selectionSet = { kind: Kind.SELECTION_SET, selections: [selection] } as const;
  return { kind: Kind.INLINE_FRAGMENT, directives: [condition], selectionSet };
}

type Addition = {
  readonly document: DocumentNode;
  readonly names: readonly string[];
  readonly operation: OperationDefinitionNode;
};

/** The fetch with variables of the operation that its document uses now. */
function declare(node: FetchNode, { document, names, operation }: Addition): FetchNode {
  const known = new Set(node.variableUsages ?? []);
  const missing = names.filter((name) => !known.has(name));
  const declarations = (operation.variableDefinitions ?? []).filter(({ variable }) =>
    missing.includes(variable.name.value),
  );
  const operationDocumentNode = visit(document, {
    OperationDefinition: (definition) => ({
      ...definition,
      variableDefinitions: [...(definition.variableDefinitions ?? []), ...declarations],
    }),
  });
  return {
    ...node,
    variableUsages: [...known, ...missing],
    operation: print(operationDocumentNode),
    operationDocumentNode,
  };
}

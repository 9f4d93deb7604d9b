import type {
  DeferNode,
  FetchNode,
  FlattenNode,
  PlanNode,
  QueryPlan,
  QueryPlanSelectionNode,
} from '@apollo/query-planner';
import { GraphQLError, Kind, OperationTypeNode, type SelectionSetNode, visit } from 'graphql';
import { definitionOf } from '../fetch-operation.ts';
import type { SupergraphFacts } from '../supergraph-facts.ts';
import { splitFetch } from './split-fetch.ts';

type RequiredBy = SupergraphFacts['requiredBy'];

/** `path.key`: a key of the objects at a place of the response, lists left out. */
type Slot = string;

/** What a node of a plan reads of what is there already, and what it adds. */
type Flow = { readonly needs: ReadonlySet<Slot>; readonly brings: ReadonlySet<Slot> };

/** The conditions around a step, put around a node. */
type Wrap = (node: PlanNode) => PlanNode;

/** A fetch, without the conditions around it. `after`: the steps that the planner put before it. */
type Step = Flow & { readonly node: PlanNode; readonly after: ReadonlySet<Step>; readonly wrap: Wrap };

const OUTERMOST: Pick<Step, 'after' | 'wrap'> = { after: new Set(), wrap: (node) => node };
const EACH_ITEM = '@';
const TYPENAME = '__typename';
const ENTITIES_FIELD = '_entities';
/** The name of no fetch: what depends on it begins when all around it has ended. */
const ALL_AROUND = 'pg_around';
const NOTHING: ReadonlySet<Slot> = new Set();

/**
 * Where the way to an entity goes through several keys and subgraphs, the planner may put a fetch before those that bring
 * what it requires: the subgraph would be asked without. Such a plan is put into the order of what its fetches need of each
 * other; of a fetch that waits for its own answer, since it asks for what is required and for what requires it, two are
 * made. A plan in order stays the same. @throws GraphQLError when there is no order.
 */
export function repairOrder(plan: QueryPlan, requiredBy: RequiredBy): QueryPlan {
  const { node } = plan;
  if (!node) return plan;
  if (node.kind !== 'Subscription') return { ...plan, node: repairNode(node, { before: NOTHING, requiredBy }) };
  const before = flowOf(node.primary, []).brings;
  return node.rest ? { ...plan, node: { ...node, rest: repairNode(node.rest, { before, requiredBy }) } } : plan;
}

/** `before`: what is there when a node begins. */
type Context = { readonly before: ReadonlySet<Slot>; readonly requiredBy: RequiredBy };

function repairNode(node: PlanNode, context: Context): PlanNode {
  if (node.kind === 'Defer') return repairDefer(node, context);
  const { before, requiredBy } = context;
  if (node.kind === 'Condition') {
    const { ifClause, elseClause, ...condition } = node;
    const clauses = {
      ...(ifClause ? { ifClause: repairNode(ifClause, context) } : {}),
      ...(elseClause ? { elseClause: repairNode(elseClause, context) } : {}),
    };
    const isSame = clauses.ifClause === ifClause && clauses.elseClause === elseClause;
    return isSame ? node : { ...condition, ...clauses };
  }
  const steps = stepsOf(node, OUTERMOST);
  if (isSeveralMutations(steps) || earlyAmong(steps, before).length === 0) return node;
  const typed = new Map(steps.map((step) => [step, typesBefore(step)]));
  const ordered =
    inOrder(steps, before, typed) ??
    inOrder(steps, before) ??
    inOrder(splitEarly(steps, { before, requiredBy }), before);
  if (!ordered) throw new GraphQLError('The planner found fetches that wait for each other.');
  return ordered;
}

/**
 * A deferred part begins when the fetches that it depends on have ended. The planner names none for what the part itself
 * would bring too late: such a part waits for all that is around it.
 */
function repairDefer(node: DeferNode, { before, requiredBy }: Context): DeferNode {
  const { primary, deferred } = node;
  const first = primary.node && repairNode(primary.node, { before, requiredBy });
  const steps = first ? stepsOf(first, OUTERMOST) : [];
  const there = broughtBy(steps, before);
  const parts = deferred.map((part) => {
    const own = part.node?.kind === 'Defer' ? part.node.primary.node : part.node;
    if (!part.node || !own) return part;
    const ids = new Set(part.depends.map(({ id }) => id));
    const awaited = steps.filter((step) => ids.has(idOf(step.node) ?? ''));
    const promised = broughtBy([...awaited, ...awaited.flatMap(({ after }) => [...after])], before);
    const isPrompt = earlyAmong(stepsOf(own, OUTERMOST), promised).length === 0;
    const repaired = repairNode(part.node, { before: isPrompt ? promised : there, requiredBy });
    if (isPrompt && repaired === part.node) return part;
    return { ...part, node: repaired, depends: isPrompt ? part.depends : [...part.depends, { id: ALL_AROUND }] };
  });
  const isSame = first === primary.node && parts.every((part, i) => part === deferred[i]);
  return isSame ? node : { ...node, primary: first ? { ...primary, node: first } : primary, deferred: parts };
}

function broughtBy(steps: readonly Step[], before: ReadonlySet<Slot>): ReadonlySet<Slot> {
  return new Set([...before, ...steps.flatMap(({ brings }) => [...brings])]);
}

function idOf(node: PlanNode): string | undefined {
  const fetch = node.kind === 'Flatten' ? node.node : node;
  return fetch.kind === 'Fetch' ? fetch.id : undefined;
}

/** The steps that come before another one that brings what they need. */
function earlyAmong(steps: readonly Step[], before: ReadonlySet<Slot>): readonly Step[] {
  return steps.filter((step) => missingOf(step, before).some((slot) => steps.some(({ brings }) => brings.has(slot))));
}

/** The steps with each early one as two: what others wait for first, where nothing of that requires what is missing. */
function splitEarly(steps: readonly Step[], { before, requiredBy }: Context): readonly Step[] {
  const early = earlyAmong(steps, before);
  return steps.flatMap((step) => {
    const { node } = step;
    const fetch = node.kind === 'Flatten' ? node.node : node;
    if (!early.includes(step) || fetch.kind !== 'Fetch') return [step];
    const path = node.kind === 'Flatten' ? pathOf(node) : [];
    const needed = new Set(steps.flatMap((other) => (other === step ? [] : [...other.needs])));
    const parts = splitFetch(fetch, {
      first: keysLeadingTo(needed, { fetch, path, requiredBy }),
      without: new Set(missingOf(step, before).map((slot) => slot.slice(slotOf(path, '').length))),
    });
    if (!parts) return [step];
    return parts.map((part) => {
      const own: PlanNode = node.kind === 'Flatten' ? { ...node, node: part } : part;
      return { ...step, ...flowOf(own, []), node: own };
    });
  });
}

/** The keys of an entity fetch, of fields that require nothing, by which something of `needed` comes. */
function keysLeadingTo(
  needed: ReadonlySet<Slot>,
  { fetch, path, requiredBy }: { readonly fetch: FetchNode; readonly path: readonly string[]; requiredBy: RequiredBy },
): ReadonlySet<string> {
  const keys = new Set<string>();
  visit(definitionOf(fetch), {
    Field(field) {
      if (field.name.value === ENTITIES_FIELD) return undefined;
      const key = field.alias?.value ?? field.name.value;
      const below = new Set([slotOf(path, key)]);
      if (field.selectionSet) collectSlots(field.selectionSet, [...path, key], below);
      const isNeeded = [...below].some((slot) => needed.has(slot));
      if (isNeeded && requiredBy(fetch.serviceName, field.name.value).size === 0) keys.add(key);
      return false;
    },
  });
  return keys;
}

/** What a step needs and nobody brings before it. */
function missingOf({ needs, brings, after }: Step, before: ReadonlySet<Slot>): Slot[] {
  return [...needs].filter(
    (slot) => !before.has(slot) && !brings.has(slot) && ![...after].some((other) => other.brings.has(slot)),
  );
}

/** Root fields of a mutation run one after the other, whatever they need. */
function isSeveralMutations(steps: readonly Step[]): boolean {
  const isMutation = ({ node }: Step) =>
    node.kind === 'Fetch' && node.operationKind === OperationTypeNode.MUTATION && !node.requires;
  return steps.filter(isMutation).length > 1;
}

/**
 * The earlier steps that say the types of the objects that an entity fetch is for: an interface object has its own name
 * until the subgraph was asked that knows better.
 */
function typesBefore({ node, after }: Step): readonly Step[] {
  if (node.kind !== 'Flatten' || node.node.kind !== 'Fetch' || !node.node.requires) return [];
  const slot = slotOf(pathOf(node), TYPENAME);
  return [...after].filter(({ brings }) => brings.has(slot));
}

/** Each step as soon as all is there that it needs, and after `others`; undefined when some wait for each other. */
function inOrder(
  steps: readonly Step[],
  before: ReadonlySet<Slot>,
  others: ReadonlyMap<Step, readonly Step[]> = new Map(),
): PlanNode | undefined {
  const providersOf = (step: Step, slot: Slot): readonly Step[] => {
    const providers = steps.filter((other) => other !== step && other.brings.has(slot));
    const earlier = providers.filter((other) => step.after.has(other));
    return earlier.length > 0 || before.has(slot) || step.brings.has(slot) ? earlier : providers;
  };
  const waitsFor = new Map(
    steps.map((step) => [
      step,
      new Set([...(others.get(step) ?? []), ...[...step.needs].flatMap((slot) => providersOf(step, slot))]),
    ]),
  );
  const rounds: PlanNode[] = [];
  let left = steps;
  while (left.length > 0) {
    const ready = left.filter((step) => left.every((other) => !waitsFor.get(step)?.has(other)));
    if (ready.length === 0) return undefined;
    const nodes = ready.map(({ node, wrap }) => wrap(node));
    const [only] = nodes;
    rounds.push(only && nodes.length === 1 ? only : { kind: 'Parallel', nodes });
    left = left.filter((step) => !ready.includes(step));
  }
  return { kind: 'Sequence', nodes: rounds };
}

/** The steps of a node in the planner's order. */
function stepsOf(node: PlanNode, { after, wrap }: Pick<Step, 'after' | 'wrap'>): readonly Step[] {
  if (node.kind === 'Parallel') return node.nodes.flatMap((one) => stepsOf(one, { after, wrap }));
  if (node.kind === 'Condition') {
    const { ifClause, elseClause, ...condition } = node;
    return [
      ...(ifClause ? stepsOf(ifClause, { after, wrap: (one) => wrap({ ...condition, ifClause: one }) }) : []),
      ...(elseClause ? stepsOf(elseClause, { after, wrap: (one) => wrap({ ...condition, elseClause: one }) }) : []),
    ];
  }
  if (node.kind !== 'Sequence') return [{ ...flowOf(node, []), node, after, wrap }];
  const steps: Step[] = [];
  for (const one of node.nodes) steps.push(...stepsOf(one, { after: new Set([...after, ...steps]), wrap }));
  return steps;
}

function flowOf(node: PlanNode, path: readonly string[]): Flow {
  switch (node.kind) {
    case 'Fetch':
      return fetchFlow(node, path);
    case 'Flatten':
      return flowOf(node.node, [...path, ...pathOf(node)]);
    case 'Sequence':
    case 'Parallel':
      return together(node.nodes, path);
    case 'Condition':
      return together([node.ifClause, node.elseClause], path);
    case 'Defer':
      return together([node.primary.node, ...node.deferred.map((part) => part.node)], path);
  }
}

function pathOf({ path }: FlattenNode): string[] {
  return path.map(String).filter((step) => step !== EACH_ITEM);
}

function together(nodes: readonly (PlanNode | undefined)[], path: readonly string[]): Flow {
  const flows = nodes.flatMap((node) => (node ? [flowOf(node, path)] : []));
  return {
    needs: new Set(flows.flatMap(({ needs }) => [...needs])),
    brings: new Set(flows.flatMap(({ brings }) => [...brings])),
  };
}

function fetchFlow(node: FetchNode, path: readonly string[]): Flow {
  const brings = new Set<Slot>();
  const { selectionSet } = definitionOf(node);
  const [entities] = selectionSet.selections;
  const own = node.requires && entities?.kind === Kind.FIELD ? entities.selectionSet : selectionSet;
  if (own) collectSlots(own, path, brings);
  const required = (node.requires ?? []).flatMap((selection) => slotsNeeded(selection, path));
  // The objects themselves have to be there too.
  const way = path.map((key, i) => slotOf(path.slice(0, i), key));
  return { needs: new Set([...way, ...required]), brings };
}

function collectSlots({ selections }: SelectionSetNode, path: readonly string[], slots: Set<Slot>): void {
  for (const selection of selections) {
    if (selection.kind === Kind.INLINE_FRAGMENT) collectSlots(selection.selectionSet, path, slots);
    if (selection.kind !== Kind.FIELD) continue;
    const key = selection.alias?.value ?? selection.name.value;
    slots.add(slotOf(path, key));
    if (selection.selectionSet) collectSlots(selection.selectionSet, [...path, key], slots);
  }
}

/** Only what is read of the objects themselves: who brings an object brings what is required of it. */
function slotsNeeded(selection: QueryPlanSelectionNode, path: readonly string[]): Slot[] {
  if (selection.kind !== Kind.FIELD) return selection.selections.flatMap((one) => slotsNeeded(one, path));
  const key = selection.alias ?? selection.name;
  return key === TYPENAME ? [] : [slotOf(path, key)];
}

function slotOf(path: readonly string[], key: string): Slot {
  return [...path, key].join('.');
}

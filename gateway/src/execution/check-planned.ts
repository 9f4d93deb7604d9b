import type { DeferNode, FetchNode, PlanNode, QueryPlan } from '@apollo/query-planner';
import { type DocumentNode, getOperationAST, Kind, type SelectionSetNode } from 'graphql';
import { definitionOf } from './fetch-operation.ts';
import { UnansweredFieldError } from './planning-error.ts';

const INTROSPECTION_PREFIX = '__';

/**
 * The planner leaves out what it thinks can have no value, such as all of an interface's fields where the subgraph that
 * is asked knows no type of it. Of a root field nothing may be left then, and the client would get a null without an
 * error. Conditional fields are not looked at. @throws UnansweredFieldError when no fetch of the plan asks for a root field.
 */
export function checkPlanned(plan: QueryPlan, document: DocumentNode, operationName: string | undefined): void {
  const operation = getOperationAST(document, operationName);
  if (!operation || plan.node?.kind === 'Subscription') return;
  const asked = new Set(plan.node ? rootFetchesOf(plan.node).flatMap(keysAskedBy) : []);
  const missing = rootKeysOf(operation.selectionSet, document).find((key) => !asked.has(key));
  if (missing !== undefined) throw new UnansweredFieldError(missing);
}

/** The keys of fields that stand at the root whatever the variables are. */
function rootKeysOf({ selections }: SelectionSetNode, document: DocumentNode): string[] {
  return selections.flatMap((selection) => {
    if (selection.directives?.length) return [];
    if (selection.kind === Kind.INLINE_FRAGMENT) return rootKeysOf(selection.selectionSet, document);
    if (selection.kind === Kind.FIELD) {
      const isOfSchema = selection.name.value.startsWith(INTROSPECTION_PREFIX);
      return isOfSchema ? [] : [selection.alias?.value ?? selection.name.value];
    }
    const fragment = document.definitions.find(
      (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === selection.name.value,
    );
    return fragment?.kind === Kind.FRAGMENT_DEFINITION ? rootKeysOf(fragment.selectionSet, document) : [];
  });
}

function keysAskedBy(fetch: FetchNode): string[] {
  const { selectionSet } = definitionOf(fetch);
  return selectionSet.selections.flatMap((field) =>
    field.kind === Kind.FIELD ? (field.alias?.value ?? field.name.value) : [],
  );
}

type Node = PlanNode | DeferNode['deferred'][number]['node'];

/** The fetches of root fields in a plan, deferred ones among them. */
function rootFetchesOf(node: Node): FetchNode[] {
  switch (node?.kind) {
    case 'Fetch':
      return node.requires ? [] : [node];
    case 'Sequence':
    case 'Parallel':
      return node.nodes.flatMap(rootFetchesOf);
    case 'Condition':
      return [...rootFetchesOf(node.ifClause), ...rootFetchesOf(node.elseClause)];
    case 'Defer':
      return [node.primary.node, ...node.deferred.map((deferred) => deferred.node)].flatMap(rootFetchesOf);
    default:
      return [];
  }
}

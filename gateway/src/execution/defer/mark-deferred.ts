import {
  type DirectiveNode,
  type DocumentNode,
  type FragmentSpreadNode,
  type InlineFragmentNode,
  Kind,
  visit,
} from 'graphql';

/** One `@defer` of a document. */
export type DeferMark = {
  /** Tells it from every other one of the document: equal documents give equal ids. */
  readonly id: string;
  /** Whether it stands in the operation once, however its fragments are spread. */
  readonly isOnce: boolean;
};

const DEFER = 'defer';
const ID_PREFIX = 'pg_defer_';

/** Every `@defer` of a valid document. */
export function markDeferred(document: DocumentNode): ReadonlyMap<DirectiveNode, DeferMark> {
  const marks = new Map<DirectiveNode, DeferMark>();
  // Few documents defer anything.
  let isSpreadOnce: ReturnType<typeof countSpreads> | undefined;
  for (const definition of document.definitions) {
    visit(definition, {
      Directive(directive) {
        if (directive.name.value !== DEFER) return;
        isSpreadOnce ??= countSpreads(document);
        const isOnce = definition.kind !== Kind.FRAGMENT_DEFINITION || isSpreadOnce(definition.name.value);
        marks.set(directive, { id: `${ID_PREFIX}${marks.size}`, isOnce });
      },
    });
  }
  return marks;
}

/**
 * A fragment with directives as the planner shall see it in an operation that defers, the directives on fragments around
 * it without a type condition; undefined for one that needs none. The planner takes no type condition together with
 * `@defer`, or around it with other directives, where objects of another type stand. And it keeps what it defers under
 * the label: a client's label in a fragment that is spread twice would make one part of two.
 */
export function wrapDirectives(
  fragment: InlineFragmentNode | FragmentSpreadNode,
  marks: ReadonlyMap<DirectiveNode, DeferMark>,
): InlineFragmentNode | undefined {
  const directives = fragment.directives ?? [];
  if (marks.size === 0 || directives.length === 0) return undefined;
  const isWrapped = fragment.kind === Kind.INLINE_FRAGMENT && !fragment.typeCondition && directives.length === 1;
  if (isWrapped && !directives.some((directive) => marks.has(directive))) return undefined;
  const others: DirectiveNode[] = [];
  const defers: DirectiveNode[] = [];
  for (const directive of directives) {
    const mark = marks.get(directive);
    if (mark) defers.push(withPlanLabel(directive, mark));
    else others.push(directive);
  }
  const bare = { ...fragment, directives: [] };
  const deferred = defers.length > 0 ? around(defers, bare) : bare;
  return others.length > 0 || deferred.kind === Kind.FRAGMENT_SPREAD ? around(others, deferred) : deferred;
}

function around(
  directives: readonly DirectiveNode[],
  fragment: InlineFragmentNode | FragmentSpreadNode,
): InlineFragmentNode {
  const isPlain = fragment.kind === Kind.INLINE_FRAGMENT && !fragment.typeCondition && !fragment.directives?.length;
  if (isPlain) return { ...fragment, directives };
  return { kind: Kind.INLINE_FRAGMENT, directives, selectionSet: { kind: Kind.SELECTION_SET, selections: [fragment] } };
}

function withPlanLabel(directive: DirectiveNode, { id, isOnce }: DeferMark): DirectiveNode {
  const others = (directive.arguments ?? []).filter(({ name }) => name.value !== 'label');
  const label = {
    kind: Kind.ARGUMENT,
    name: { kind: Kind.NAME, value: 'label' },
    value: { kind: Kind.STRING, value: id },
  } as const;
  return { ...directive, arguments: isOnce ? [...others, label] : others };
}

/** Tells whether a fragment stands in the document's operations at most once. */
function countSpreads(document: DocumentNode): (fragment: string) => boolean {
  const holders = new Map<string, (string | null)[]>();
  for (const definition of document.definitions) {
    const holder = definition.kind === Kind.FRAGMENT_DEFINITION ? definition.name.value : null;
    visit(definition, {
      FragmentSpread({ name }) {
        const known = holders.get(name.value);
        if (known) known.push(holder);
        else holders.set(name.value, [holder]);
      },
    });
  }
  return (fragment) => {
    const visited = new Set<string>();
    for (let at: string | null | undefined = fragment; at; ) {
      const [holder, ...others]: readonly (string | null)[] = holders.get(at) ?? [];
      // Fragments do not spread themselves in a valid document; this one may be anything.
      if (others.length > 0 || visited.has(at)) return false;
      visited.add(at);
      at = holder;
    }
    return true;
  };
}

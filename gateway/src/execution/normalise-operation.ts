import {
  type ASTNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  type NameNode,
  print,
  type SelectionNode,
  visit,
} from 'graphql';
import { markDeferred, wrapDirectives } from './defer/mark-deferred.ts';

/**
 * The operation as the planner shall see it. The planner tells selections apart by their response keys alone, and adds
 * fields of its own (keys, required fields, `__typename`) under their plain names; a client's alias of such a name makes
 * it drop one of the two without a word. So a client's field that answers under such a name without being that plain
 * field gets another alias; the writer prints it under the client's own.
 */
export type NormalisedOperation = {
  readonly document: DocumentNode;
  /** The key under which the plan fetches a field of the client's document. */
  readonly planKeyOf: (field: FieldNode) => string;
  /** The client's response key behind a plan key. */
  readonly responseKeyOf: (planKey: string) => string;
  /** Names of variables in the plan -> the client's, where they differ: fetches have variables of their own. */
  readonly variables: ReadonlyMap<string, string>;
};

/** What the planner may add by itself: the names of fields in keys, requirements and provisions, and `__typename`. */
export type ReservedNames = ReadonlySet<string>;

const ALIAS_PREFIX = 'pg_';
/** Variables that fetches declare themselves. */
const FETCH_VARIABLE = /^(?:representations(?:_\d+)?|contextualArgument_.*)$/;
const TYPENAME = '__typename';
/** Fields of the root that are answered from the schema itself. */
const INTROSPECTION: ReadonlySet<string> = new Set(['__schema', '__type']);
/** Arguments of `@join__type` and `@join__field` that hold selections which the planner adds. */
const SELECTION_ARGUMENTS: ReadonlySet<string> = new Set(['key', 'requires', 'provides', 'contextArguments']);
const NAME_PATTERN = /[_A-Za-z]\w*/g;
const NONE: ReadonlySet<string> = new Set();

/** The reserved names of a supergraph. */
export function readReservedNames(supergraph: DocumentNode): ReservedNames {
  const names = new Set([TYPENAME]);
  visit(supergraph, {
    Directive(directive) {
      if (!directive.name.value.startsWith('join__')) return;
      for (const argument of directive.arguments ?? []) {
        if (!SELECTION_ARGUMENTS.has(argument.name.value)) continue;
        visit(argument, {
          StringValue({ value }) {
            for (const [word] of value.matchAll(NAME_PATTERN)) names.add(word);
          },
        });
      }
    },
  });
  return names;
}

/**
 * Gives new aliases where a client's would collide with what the planner adds, or with each other: fields named `joint`
 * are those of interface objects, where selections on different types become one.
 */
export function normaliseOperation(
  document: DocumentNode,
  reserved: ReservedNames,
  joint: ReadonlySet<string> = NONE,
): NormalisedOperation {
  const taken = new Set([...reserved, ...responseKeysOf(document)]);
  const planKeys = new Map<string, string>();
  const responseKeys = new Map<string, string>();
  const planKeyOf = (field: FieldNode): string => {
    const responseKey = field.alias?.value ?? field.name.value;
    if (!collides(field, responseKey, reserved) && !isJoint(field, joint)) return responseKey;
    const same = `${responseKey}:${field.name.value}${(field.arguments ?? []).map(print).sort().join()}`;
    const known = planKeys.get(same);
    if (known !== undefined) return known;
    const planKey = freeName(`${ALIAS_PREFIX}${responseKey}`, taken);
    planKeys.set(same, planKey);
    responseKeys.set(planKey, responseKey);
    return planKey;
  };
  const variables = new Map<string, string>();
  const takenVariables = new Set(variablesOf(document));
  const planVariables = new Map(
    [...takenVariables]
      .filter((name) => FETCH_VARIABLE.test(name))
      .map((name) => [name, freeName(`${ALIAS_PREFIX}${name}`, takenVariables)]),
  );
  for (const [name, planName] of planVariables) variables.set(planName, name);
  const marks = markDeferred(document);
  const normalised = visit(withoutLeftOut(document), {
    InlineFragment: (fragment) => wrapDirectives(fragment, marks),
    FragmentSpread: (fragment) => wrapDirectives(fragment, marks),
    Variable(variable) {
      const planName = planVariables.get(variable.name.value);
      return planName === undefined ? undefined : { ...variable, name: toName(planName) };
    },
    Field(field) {
      const planKey = planKeyOf(field);
      const responseKey = field.alias?.value ?? field.name.value;
      return planKey === responseKey ? undefined : { ...field, alias: toName(planKey) };
    },
  });
  return {
    document: normalised,
    planKeyOf,
    responseKeyOf: (planKey) => responseKeys.get(planKey) ?? planKey,
    variables,
  };
}

function collides({ name, arguments: given }: FieldNode, responseKey: string, reserved: ReservedNames): boolean {
  // `__proto__` is no plain property of a JavaScript object.
  if (responseKey === '__proto__') return true;
  return reserved.has(responseKey) && (name.value !== responseKey || (given?.length ?? 0) > 0);
}

/** Whether a field may meet one of another type that has its response key, and means something else. */
function isJoint({ name, alias, arguments: given }: FieldNode, joint: ReadonlySet<string>): boolean {
  return joint.has(name.value) && (alias !== undefined || (given?.length ?? 0) > 0);
}

/**
 * Without what literals of `@skip` and `@include` leave out: the planner would ask for some of it all the same. And
 * without introspection, which is nobody's to plan: the planner knows it only where it stands at the very top.
 */
function withoutLeftOut(document: DocumentNode): DocumentNode {
  return visit(document, {
    SelectionSet: {
      leave(selectionSet, _key, parent) {
        const included = selectionSet.selections.filter(({ directives }) => !directives?.some(leavesOut));
        const selections = included.filter((selection) => !isIntrospection(selection));
        const isOfRoot = selections.length < included.length;
        const mayBeEmpty = isOfRoot && (selections.length > 0 || isInlineFragment(parent));
        if (mayBeEmpty || selections.some(({ directives }) => !directives?.length)) {
          return selections.length === selectionSet.selections.length ? undefined : { ...selectionSet, selections };
        }
        // The object itself is there whatever the conditions say: something of it has to be asked for.
        return { ...selectionSet, selections: [...selections, { kind: Kind.FIELD, name: toName(TYPENAME) } as const] };
      },
    },
  });
}

/** A field that is introspection, or an inline fragment of nothing else. */
function isIntrospection(selection: SelectionNode): boolean {
  if (selection.kind === Kind.INLINE_FRAGMENT) return selection.selectionSet.selections.length === 0;
  return selection.kind === Kind.FIELD && INTROSPECTION.has(selection.name.value);
}

function isInlineFragment(node: ASTNode | readonly ASTNode[] | undefined): boolean {
  return node !== undefined && 'kind' in node && node.kind === Kind.INLINE_FRAGMENT;
}

function leavesOut({ name, arguments: given }: DirectiveNode): boolean {
  const condition = given?.find((argument) => argument.name.value === 'if')?.value;
  if (condition?.kind !== Kind.BOOLEAN) return false;
  return (name.value === 'skip' && condition.value) || (name.value === 'include' && !condition.value);
}

/** Every response key of the document. */
function responseKeysOf(document: DocumentNode): Set<string> {
  const taken = new Set<string>();
  visit(document, { Field: (field) => void taken.add(field.alias?.value ?? field.name.value) });
  return taken;
}

function variablesOf(document: DocumentNode): string[] {
  const names: string[] = [];
  visit(document, { VariableDefinition: ({ variable }) => void names.push(variable.name.value) });
  return names;
}

function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let i = 2; taken.has(name); i++) name = `${wanted}_${i}`;
  taken.add(name);
  return name;
}

function toName(value: string): NameNode {
  return { kind: Kind.NAME, value };
}

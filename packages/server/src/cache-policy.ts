import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FormattedExecutionResult,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';

/** What `@cacheControl` says at one place; null where it says nothing of that. */
type Hint = {
  readonly maxAge: number | null;
  readonly scope: 'PUBLIC' | 'PRIVATE' | null;
  readonly inheritMaxAge: boolean;
};
/** Seconds, and whether everybody may be given the same. */
type Policy = { maxAge: number; isPrivate: boolean };

const NO_HINT: Hint = { maxAge: null, scope: null, inheritMaxAge: false };
const HINT = 'cacheControl';
/** What a field behind one of these gives depends on who asks. With the prefix of its specification when not imported. */
const GUARD_PATTERN = /^(?:federation__)?(?:authenticated|requiresScopes|policy)$/;
const ENTITIES_FIELD = '_entities';

/** Which operation was answered. */
export type AnsweredOperation = {
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
};

/**
 * The `cache-control` of an answer, by the schema's `@cacheControl` hints; null when nothing of it may be kept. The
 * rules are Apollo Server's: the shortest `maxAge` of all fields counts; a root field or one that gives objects has 0
 * unless it, or the type that it gives, says otherwise (`inheritMaxAge`: as its parent); a scalar field goes with its
 * parent; the answer is `private` when one field is. Entities go by the hints of their types. Two things are stricter: a
 * field behind `@authenticated` and the like is always private, and what is on a fragment or under `@skip` counts
 * whether it applies or not, so that an operation has one policy and it is worked out once.
 * An answer with errors, or to anything but a query, is never kept.
 */
export function cacheControlOf(
  schema: GraphQLSchema,
  operation: AnsweredOperation,
  result: Pick<FormattedExecutionResult, 'data' | 'errors'>,
): string | null {
  if (!result.data || result.errors || !hasHints(schema)) return null;
  const known = knownOf(schema, operation.document);
  const name = operation.operationName ?? '';
  const kept = known.get(name);
  if (kept !== undefined) return kept;
  const header = printPolicy(policyOf(schema, operation));
  known.set(name, header);
  return header;
}

const schemasWithHints = new WeakMap<GraphQLSchema, boolean>();
/** By schema and document, then by the operation's name. */
const headers = new WeakMap<GraphQLSchema, WeakMap<DocumentNode, Map<string, string | null>>>();

/** Most schemas have none, and then no answer costs anything. */
function hasHints(schema: GraphQLSchema): boolean {
  const known = schemasWithHints.get(schema) ?? Object.values(schema.getTypeMap()).some(isHinted);
  schemasWithHints.set(schema, known);
  return known;
}

function isHinted(type: GraphQLNamedType): boolean {
  if (directivesOf(type).some(({ name }) => name.value === HINT)) return true;
  if (!isObjectType(type) && !isInterfaceType(type)) return false;
  return Object.values(type.getFields()).some((field) => hintOf(field.astNode?.directives ?? []) !== NO_HINT);
}

function knownOf(schema: GraphQLSchema, document: DocumentNode): Map<string, string | null> {
  const byDocument = headers.get(schema) ?? new WeakMap<DocumentNode, Map<string, string | null>>();
  headers.set(schema, byDocument);
  const known = byDocument.get(document) ?? new Map<string, string | null>();
  byDocument.set(document, known);
  return known;
}

function printPolicy(policy: Policy | null): string | null {
  if (!policy || policy.maxAge <= 0 || !Number.isFinite(policy.maxAge)) return null;
  return `max-age=${policy.maxAge}, ${policy.isPrivate ? 'private' : 'public'}`;
}

type Walk = {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Fragments by the type on which they were met: once is enough for a minimum, and nested spreads stay linear. */
  readonly walked: Set<string>;
  readonly policy: Policy;
};

function policyOf(schema: GraphQLSchema, { document, operationName }: AnsweredOperation): Policy | null {
  const definition = getOperationAST(document, operationName);
  const rootType = definition && schema.getRootType(definition.operation);
  if (!rootType || definition.operation !== OperationTypeNode.QUERY) return null;
  const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
  const walk: Walk = {
    schema,
    fragments: new Map(fragments.map((fragment) => [fragment.name.value, fragment])),
    walked: new Set(),
    policy: { maxAge: Number.POSITIVE_INFINITY, isPrivate: false },
  };
  walkSelection(walk, definition.selectionSet, { type: rootType, isRoot: true });
  return walk.policy;
}

type At = { readonly type: GraphQLNamedType; readonly isRoot: boolean };

function walkSelection(walk: Walk, { selections }: SelectionSetNode, at: At): void {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      walkField(walk, selection, at);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      walkSelection(walk, selection.selectionSet, narrow(walk, at, selection.typeCondition?.name.value));
    } else {
      walkFragment(walk, selection.name.value, at);
    }
  }
}

function walkFragment(walk: Walk, name: string, at: At): void {
  const fragment = walk.fragments.get(name);
  const key = `${name} ${at.type.name} ${at.isRoot}`;
  if (!fragment || walk.walked.has(key)) return;
  walk.walked.add(key);
  walkSelection(walk, fragment.selectionSet, narrow(walk, at, fragment.typeCondition.name.value));
}

function narrow({ schema }: Walk, at: At, typename: string | undefined): At {
  const type = typename === undefined ? undefined : schema.getType(typename);
  return type ? { ...at, type } : at;
}

function walkField(walk: Walk, node: FieldNode, { type, isRoot }: At): void {
  const name = node.name.value;
  if (name === '__typename') return;
  const field = fieldOf(type, name);
  if (!field) {
    // Introspection: it changes with the schema alone, and is nobody's to keep.
    walk.policy.maxAge = 0;
    return;
  }
  const named = getNamedType(field.type);
  if (isRoot && name === ENTITIES_FIELD) restrictEntities(walk, node);
  else restrictField(walk, { type, field, named, isRoot });
  if (node.selectionSet) walkSelection(walk, node.selectionSet, { type: named, isRoot: false });
}

type FieldAt = {
  readonly type: GraphQLNamedType;
  readonly field: GraphQLField<unknown, unknown>;
  readonly named: GraphQLNamedType;
  readonly isRoot: boolean;
};

function restrictField(walk: Walk, { type, field, named, isRoot }: FieldAt): void {
  const isComposite = isCompositeType(named);
  const ofType = isComposite ? hintOf(directivesOf(named)) : NO_HINT;
  const own = hintOf(field.astNode?.directives ?? []);
  const maxAge = own.maxAge ?? ofType.maxAge;
  const inherits = own.inheritMaxAge || (own.maxAge === null && ofType.inheritMaxAge);
  const hasDefault = isRoot || (isComposite && !inherits);
  restrict(walk, { maxAge: maxAge ?? (hasDefault ? 0 : null), scope: own.scope ?? ofType.scope });
  // A value may turn out to be of any of these types, each with a hint of its own.
  for (const possible of possibleTypesOf(walk, named)) restrict(walk, hintOf(directivesOf(possible)));
  for (const possible of possibleTypesOf(walk, type)) {
    restrict(walk, hintOf(fieldOf(possible, field.name)?.astNode?.directives ?? []));
  }
  if (isGuarded(walk, { type, field, named })) walk.policy.isPrivate = true;
}

/** An entity is asked for by no field of its own: the hint of its type counts, and without one it is not kept. */
function restrictEntities(walk: Walk, { selectionSet }: FieldNode): void {
  for (const selection of selectionSet?.selections ?? []) {
    if (selection.kind === Kind.FIELD) continue;
    const condition =
      selection.kind === Kind.INLINE_FRAGMENT
        ? selection.typeCondition
        : walk.fragments.get(selection.name.value)?.typeCondition;
    const type = condition && walk.schema.getType(condition.name.value);
    const hint = type ? hintOf(directivesOf(type)) : NO_HINT;
    restrict(walk, { maxAge: hint.maxAge ?? 0, scope: hint.scope });
    if (type && directivesOf(type).some(isGuard)) walk.policy.isPrivate = true;
    for (const possible of type ? possibleTypesOf(walk, type) : []) restrict(walk, hintOf(directivesOf(possible)));
  }
}

function restrict({ policy }: Walk, { maxAge, scope }: Pick<Hint, 'maxAge' | 'scope'>): void {
  if (maxAge !== null) policy.maxAge = Math.min(policy.maxAge, maxAge);
  if (scope === 'PRIVATE') policy.isPrivate = true;
}

function isGuarded(walk: Walk, { type, field, named }: Omit<FieldAt, 'isRoot'>): boolean {
  const types = [type, named, ...possibleTypesOf(walk, type), ...possibleTypesOf(walk, named)];
  const fields = [field, ...possibleTypesOf(walk, type).map((possible) => fieldOf(possible, field.name))];
  return (
    types.some((each) => directivesOf(each).some(isGuard)) ||
    fields.some((each) => each?.astNode?.directives?.some(isGuard))
  );
}

function isGuard({ name }: ConstDirectiveNode): boolean {
  return GUARD_PATTERN.test(name.value);
}

function possibleTypesOf({ schema }: Walk, type: GraphQLNamedType): readonly GraphQLNamedType[] {
  return isAbstractType(type) ? schema.getPossibleTypes(type) : [];
}

function fieldOf(type: GraphQLNamedType, name: string): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}

function directivesOf(type: GraphQLNamedType): readonly ConstDirectiveNode[] {
  return [type.astNode, ...type.extensionASTNodes].flatMap((node) => node?.directives ?? []);
}

function hintOf(directives: readonly ConstDirectiveNode[]): Hint {
  const directive = directives.find(({ name }) => name.value === HINT);
  if (!directive) return NO_HINT;
  const argumentOf = (name: string) => directive.arguments?.find((argument) => argument.name.value === name)?.value;
  const [maxAge, scope, inherit] = [argumentOf('maxAge'), argumentOf('scope'), argumentOf('inheritMaxAge')];
  return {
    maxAge: maxAge?.kind === Kind.INT ? Math.max(0, Number(maxAge.value)) : null,
    scope: scope?.kind === Kind.ENUM ? (scope.value === 'PRIVATE' ? 'PRIVATE' : 'PUBLIC') : null,
    inheritMaxAge: inherit?.kind === Kind.BOOLEAN && inherit.value,
  };
}

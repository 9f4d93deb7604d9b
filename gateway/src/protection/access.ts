import type { Identity } from '@playgraph/auth/identity';
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getNamedType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { type AccessRules, keyOfRequirement, type Requirement } from './access-rules.ts';
import { findField, fragmentsOf, type ParentType, type ValidOperation } from './operation-document.ts';

/** What is behind the access rules of one operation. */
export type OperationAccess = {
  /** Each requirement that the operation meets, with the coordinates (`Type.field`) that it guards. */
  readonly guards: readonly { readonly requirement: Requirement; readonly coordinates: readonly string[] }[];
  /** The policies that somebody must evaluate before `denied` is asked; sorted. */
  readonly policies: readonly string[];
  /** What the caller may not use of the operation; null when it may use all. */
  denied(identity: Identity | null, grantedPolicies: ReadonlySet<string>): DeniedFields | null;
};

/** The fields of an operation that a caller may not use. */
export type DeniedFields = {
  /** Equal for callers to whom the same fields are denied for the same reasons: a key for what is planned for them. */
  readonly key: string;
  /**
   * Why the field is denied where it is selected on `parentType`; null when it is allowed there. That is the type of the
   * selection set in which it stands, an interface as well as an object, and not the type of an object that comes.
   */
  reasonOf(parentType: string, field: string): AccessReason | null;
  /**
   * The same for a field of the analysed document (the very node). Of several that give one response key of an object,
   * those that are allowed are answered; the key is null, with an error, when none is.
   */
  reasonAt(node: FieldNode): AccessReason | null;
};

/** UNAUTHENTICATED: signing in may help; FORBIDDEN: it does not. */
export type AccessReason = { readonly code: 'UNAUTHENTICATED' | 'FORBIDDEN'; readonly message: string };

/** The variants of an operation that are remembered; further ones are made anew each time. */
const VARIANTS_MAX = 64;
const OPEN: OperationAccess = { guards: [], policies: [], denied: () => null };

/** Finds the rules that a valid operation meets. Done once for an operation; linear in its text. */
export function analyseAccess(
  apiSchema: GraphQLSchema,
  rules: AccessRules,
  operation: ValidOperation,
): OperationAccess {
  const guarded = new Map<FieldNode, string>();
  const used = rules.isEmpty ? [] : usedRequirements(rules, coordinatesOf(apiSchema, operation), guarded);
  if (used.length === 0) return OPEN;
  const variants = new Map<string, DeniedFields>();
  return {
    guards: used.map(({ requirement, coordinates }) => ({ requirement, coordinates: [...coordinates] })),
    policies: [...new Set(used.flatMap(({ requirement }) => policiesIn(requirement)))].toSorted(),
    denied: (identity, grantedPolicies) => {
      const caller: Caller = { identity, scopes: new Set(identity?.scopes), policies: grantedPolicies };
      const verdicts = used.map(({ requirement }) => verdictOn(requirement, caller));
      if (verdicts.every((verdict) => verdict === null)) return null;
      const key = verdicts.map((verdict) => verdict?.[0] ?? '-').join('');
      const kept = variants.get(key);
      if (kept) return kept;
      const denied = toDeniedFields({ key, used, guarded }, verdicts);
      if (variants.size < VARIANTS_MAX) variants.set(key, denied);
      return denied;
    },
  };
}

type UsedRequirement = { readonly requirement: Requirement; readonly coordinates: Set<string> };

/** Also notes in `guarded` which fields meet any requirement, by their coordinate. */
function usedRequirements(
  rules: AccessRules,
  selected: ReadonlyMap<FieldNode, string>,
  guarded: Map<FieldNode, string>,
): UsedRequirement[] {
  const used = new Map<string, UsedRequirement>();
  for (const [node, coordinate] of selected) {
    const [parent = '', field = ''] = coordinate.split('.');
    for (const requirement of rules.requirementsOf(parent, field)) {
      guarded.set(node, coordinate);
      const key = keyOfRequirement(requirement);
      const known = used.get(key);
      if (known) known.coordinates.add(coordinate);
      else used.set(key, { requirement, coordinates: new Set([coordinate]) });
    }
  }
  return [...used.values()];
}

type Place = { readonly set: SelectionSetNode; readonly parent: ParentType };

/** Every field of the operation with its coordinate: the type that it is selected on, and its name. */
function coordinatesOf(
  apiSchema: GraphQLSchema,
  { document, definition }: ValidOperation,
): ReadonlyMap<FieldNode, string> {
  const coordinates = new Map<FieldNode, string>();
  const unseen = new Map<string, FragmentDefinitionNode>(fragmentsOf(document));
  const waiting: Place[] = [{ set: definition.selectionSet, parent: apiSchema.getRootType(definition.operation) }];
  for (let place = waiting.pop(); place; place = waiting.pop()) {
    const { set, parent } = place;
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const field = findField(parent, selection.name.value);
        if (!parent || !field) continue;
        coordinates.set(selection, `${parent.name}.${field.name}`);
        if (selection.selectionSet) waiting.push({ set: selection.selectionSet, parent: getNamedType(field.type) });
      } else {
        const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : unseen.get(selection.name.value);
        if (!fragment) continue;
        if (selection.kind === Kind.FRAGMENT_SPREAD) unseen.delete(selection.name.value);
        const { typeCondition, selectionSet } = fragment;
        waiting.push({
          set: selectionSet,
          parent: typeCondition ? apiSchema.getType(typeCondition.name.value) : parent,
        });
      }
    }
  }
  return coordinates;
}

type Caller = {
  readonly identity: Identity | null;
  readonly scopes: ReadonlySet<string>;
  readonly policies: ReadonlySet<string>;
};
type Verdict = AccessReason['code'] | null;

function verdictOn(requirement: Requirement, { identity, scopes, policies }: Caller): Verdict {
  if (requirement.kind === 'POLICIES') return holds(requirement.anyOf, policies) ? null : 'FORBIDDEN';
  if (!identity) return 'UNAUTHENTICATED';
  return requirement.kind === 'SIGNED_IN' || holds(requirement.anyOf, scopes) ? null : 'FORBIDDEN';
}

function holds(anyOf: readonly (readonly string[])[], held: ReadonlySet<string>): boolean {
  return anyOf.some((all) => all.every((name) => held.has(name)));
}

function policiesIn(requirement: Requirement): readonly string[] {
  return requirement.kind === 'POLICIES' ? requirement.anyOf.flat() : [];
}

type Variant = {
  readonly key: string;
  readonly used: readonly UsedRequirement[];
  readonly guarded: ReadonlyMap<FieldNode, string>;
};

function toDeniedFields({ key, used, guarded }: Variant, verdicts: readonly Verdict[]): DeniedFields {
  const reasons = new Map<string, AccessReason>();
  used.forEach(({ coordinates }, i) => {
    const code = verdicts[i];
    if (!code) return;
    for (const coordinate of coordinates) {
      if (reasons.get(coordinate)?.code !== 'UNAUTHENTICATED') reasons.set(coordinate, toReason(code, coordinate));
    }
  });
  return {
    key,
    reasonOf: (parentType, field) => reasons.get(`${parentType}.${field}`) ?? null,
    reasonAt: (node) => reasons.get(guarded.get(node) ?? '') ?? null,
  };
}

function toReason(code: AccessReason['code'], coordinate: string): AccessReason {
  const message = code === 'FORBIDDEN' ? `You may not use ${coordinate}.` : `Sign in to use ${coordinate}.`;
  return { code, message };
}

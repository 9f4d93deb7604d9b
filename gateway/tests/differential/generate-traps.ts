import { canHold, type Draft, settle } from './draft.ts';
import { createField, drawScalarField } from './generate-field.ts';
import {
  type EntityModel,
  type FieldModel,
  INSTANCES,
  interfacesOf,
  type RequiredField,
  type TypeRef,
  type ValueModel,
} from './model.ts';

/** What makes federation hard: halves of one object, `@requires`, `@provides`, `@override`, what is hidden, what is missing. */
export function addTraps(draft: Draft): void {
  const entities = [...draft.types.values()].filter((type) => type.kind === 'entity');
  for (const entity of entities) {
    if (draft.draw.chance(40)) addSplit(draft, entity);
    for (let i = draft.draw.between(0, 2); i > 0; i--) addRequires(draft, entity, i);
    addHidden(draft, entity);
    addOverride(draft, entity);
  }
  for (const entity of entities) addProvides(draft, entity);
  for (const entity of entities) loseInstances(draft, entity);
}

/** A field whose object has one part in one subgraph, another part in another. */
function addSplit({ draw, types }: Draft, entity: EntityModel): void {
  const [left, right] = draw.sample(resolvableHomes(entity), 2);
  if (left === undefined || right === undefined) return;
  const name = `${entity.name}Split`;
  const fields = [
    drawScalarField(draw, 'left', [left]),
    drawScalarField(draw, 'right', [right]),
    drawScalarField(draw, 'middle', [left, right]),
  ];
  types.set(name, { kind: 'value', name, fields, subgraphs: new Set([left, right]) } satisfies ValueModel);
  const type: TypeRef = { base: name, nonNulls: draw.chance(60) ? [false] : [false, draw.chance(50)] };
  // Both halves would tell the same error, once each: what a client should see then is a matter of taste.
  entity.fields.push({ ...createField(`${entity.name.toLowerCase()}Halves`, type, [left, right]), isSafe: true });
}

/** A field that needs fields of other subgraphs; these in turn must be there. */
function addRequires(draft: Draft, entity: EntityModel, i: number): void {
  const { draw } = draft;
  const owner = draw.pickFrom(resolvableHomes(entity));
  if (owner === null) return;
  const others = entity.fields.filter((field) => isRequirable(draft, entity, field) && !field.owners.includes(owner));
  const requires = draw
    .sample(others, draw.between(1, 2))
    .flatMap((field) => require(draft, owner, { type: entity.name, field }) ?? []);
  if (requires.length === 0) return;
  entity.fields.push({ ...drawScalarField(draw, `${entity.name.toLowerCase()}Needs${i}`, [owner]), requires });
}

/** Whether somebody may require the field. */
export function isRequirable({ types, options }: Draft, { name }: EntityModel, field: FieldModel): boolean {
  const { type, key, overrides, requires } = field;
  if (requires.length > 0 && !options.chains) return false;
  const base = types.get(type.base);
  const isShared = [...types.values()].some((other) => other.kind === 'interface' && other.members.includes(name));
  return (
    key === null &&
    overrides === null &&
    !isShared &&
    (base === undefined || base.kind === 'value' || base.kind === 'entity')
  );
}

/** `field` as `owner` requires it; null where that cannot be said. */
export function require(draft: Draft, owner: string, { type, field }: Whose): RequiredField | null {
  const { draw, types } = draft;
  const base = types.get(field.type.base);
  if (base?.kind === 'value' && base.name.endsWith('Split')) return null;
  const args = literalsOf(draft, { type, field });
  if (args === null || !canHold(draft, owner, field.type.base)) return null;
  if (base?.kind !== 'value' && base?.kind !== 'entity') {
    field.isSafe = true;
    return { field: field.name, args, selection: [] };
  }
  const leaves = base.fields.filter(
    ({ type, key, requires, overrides }) =>
      !types.has(type.base) && key === null && requires.length === 0 && overrides === null,
  );
  const leaf = draw.pickFrom(leaves);
  const leafArgs = leaf && literalsOf(draft, { type: base.name, field: leaf });
  if (!leaf || !leafArgs) return null;
  settle(draft, owner, base.name);
  field.isSafe = true;
  leaf.isSafe = true;
  return { field: field.name, args, selection: [{ field: leaf.name, args: leafArgs, selection: [] }] };
}

type Whose = { readonly type: string; readonly field: FieldModel };

/** The arguments for one more `@requires` of that field. */
function literalsOf(draft: Draft, { type, field }: Whose): Readonly<Record<string, unknown>> | null {
  const name = `${type}.${field.name}`;
  const args = (draft.options.conflicts ? undefined : draft.literals.get(name)) ?? drawLiterals(draft, field);
  if (args) draft.literals.set(name, args);
  return args;
}

/** Arguments that a `@requires` can spell; null for a field that has others. */
function drawLiterals({ draw }: Draft, { args }: FieldModel): Record<string, unknown> | null {
  const values: Record<string, unknown> = {};
  for (const { name, type, defaultValue } of args) {
    if (type.nonNulls.length > 1 || !['String', 'Int', 'Float'].includes(type.base)) return null;
    if (type.nonNulls[0] !== true && draw.chance(40)) continue;
    values[name] = type.base === 'String' ? draw.pick(['cm', 'in']) : draw.between(1, 2);
    if (defaultValue !== undefined && draw.chance(20)) values[name] = defaultValue;
  }
  return values;
}

function addHidden({ draw }: Draft, entity: EntityModel): void {
  for (const field of entity.fields) {
    const isPlain = field.key === null && !['common', 'extra'].includes(field.name);
    if (isPlain && draw.chance(8)) field.isInaccessible = true;
  }
}

function addOverride({ draw, types }: Draft, entity: EntityModel): void {
  for (const field of entity.fields) {
    const [owner, ...others] = field.owners;
    const isPlain = field.key === null && !field.isSafe && field.requires.length === 0 && !types.has(field.type.base);
    if (!isPlain || owner === undefined || others.length > 0 || ['common', 'extra'].includes(field.name)) continue;
    if (draw.chance(10)) field.overrides = draw.pickFrom(resolvableHomes(entity).filter((home) => home !== owner));
  }
}

/** Fields that lead to `entity` and bring one of its fields along though another subgraph owns it. */
function addProvides(draft: Draft, entity: EntityModel): void {
  const { draw, types } = draft;
  const sources = [
    ...draft.query,
    ...[...types.values()].flatMap((type) => (type.kind === 'entity' ? type.fields : [])),
  ];
  for (const source of sources.filter(({ type }) => type.base === entity.name)) {
    const [owner, ...others] = source.owners;
    if (owner === undefined || others.length > 0 || !draw.chance(40)) continue;
    const provided = entity.fields.filter(
      (field) => isProvidable(field) && !field.owners.includes(owner) && isLeafOrWhole(draft, owner, field),
    );
    const field = draw.pickFrom(provided);
    if (!field) continue;
    const below = types.get(field.type.base);
    if (below?.kind === 'value') {
      const leaf = draw.pickFrom(below.fields.filter(({ type, args }) => args.length === 0 && !types.has(type.base)));
      if (!leaf) continue;
      settle(draft, owner, below.name);
      source.providesBelow = leaf.name;
    }
    source.provides = field.name;
    field.isProvided = true;
  }
}

/** Whether `owner` can bring the field along: a leaf, or an object that is a value wherever it is. */
function isLeafOrWhole(draft: Draft, owner: string, { type }: FieldModel): boolean {
  const base = draft.types.get(type.base);
  return base === undefined || (base.kind === 'value' && canHold(draft, owner, type.base));
}

/** Whether a field that leads to its entity may bring it along. */
export function isProvidable({ key, args, requires, overrides }: FieldModel): boolean {
  return key === null && args.length === 0 && requires.length === 0 && overrides === null;
}

/** Subgraphs that only add fields of their own may not know every instance. */
function loseInstances(draft: Draft, entity: EntityModel): void {
  if (interfacesOf(draft, entity.name).length > 0) return;
  for (const [subgraph, presence] of entity.presence) {
    const own = entity.fields.filter(({ owners, key }) => key === null && owners.includes(subgraph));
    const isAlone = own.every(({ owners, isSafe, isProvided }) => owners.length === 1 && !isSafe && !isProvided);
    if (subgraph === entity.hub || presence.keys.length > 1 || !isAlone || !draft.draw.chance(60)) continue;
    presence.missing = [draft.draw.between(0, INSTANCES - 1)];
  }
}

/** The subgraphs in which the entity is found by a key. */
export function resolvableHomes({ presence }: EntityModel): string[] {
  return [...presence].flatMap(([name, { isResolvable }]) => (isResolvable ? [name] : []));
}

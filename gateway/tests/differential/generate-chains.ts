import type { Draft } from './draft.ts';
import { createField, drawScalarField } from './generate-field.ts';
import { isProvidable, isRequirable, require, resolvableHomes } from './generate-traps.ts';
import type { EntityModel, FieldModel, RequiredField, TypeRef, ValueModel } from './model.ts';

/** The fields of one name that an entity and the objects it is made of all have. */
const EQUAL_NAME = 'weight';
/** What follows the entity's name in the types of these objects. */
const PARTS = ['Lid', 'Rim'] as const;

/** Where a chain of requirements passes: the subgraph of the field in the middle, and that of the last. */
type Way = { readonly middle: string; readonly end: string };

/** Fields that require fields that require others, beside what else makes such a chain hard. */
export function addChains(draft: Draft): void {
  const { draw, options, types } = draft;
  if (!options.chains) return;
  for (const entity of [...types.values()].filter((type) => type.kind === 'entity')) {
    const [middle, end] = draw.sample(resolvableHomes(entity), 2);
    if (middle !== undefined && end !== undefined && draw.chance(50)) addChain(draft, entity, { middle, end });
  }
}

function addChain(draft: Draft, entity: EntityModel, { middle, end }: Way): void {
  const { draw } = draft;
  const links = draw.chance(50) ? addLinksToParts(draft, entity, middle) : addLink(draft, entity, middle);
  const [first] = links;
  if (!first) return;
  const requires = require(draft, end, { type: entity.name, field: first });
  if (!requires) return;
  const name = `${entity.name.toLowerCase()}Price`;
  entity.fields.push({ ...drawScalarField(draw, name, [end]), requires: [requires] });
  if (draw.chance(70)) addProvider(draft, entity, middle);
}

/** A field of `middle` that requires one of another subgraph. */
function addLink(draft: Draft, entity: EntityModel, middle: string): readonly FieldModel[] {
  const { draw } = draft;
  const field = draw.pickFrom(
    entity.fields.filter((one) => isRequirable(draft, entity, one) && !one.owners.includes(middle)),
  );
  const required = field && require(draft, middle, { type: entity.name, field });
  return required ? [pushLink(draft, entity, { name: EQUAL_NAME, owner: middle, required })] : [];
}

/** Fields of `middle`, each made of another object of the entity, of which `middle` has only what it requires. */
function addLinksToParts(draft: Draft, entity: EntityModel, middle: string): readonly FieldModel[] {
  const { draw, types } = draft;
  const home = draw.pickFrom(resolvableHomes(entity).filter((name) => name !== middle));
  if (home === null) return [];
  const links = PARTS.map((suffix) => {
    const base = `${entity.name}${suffix}`;
    const leaf = { ...drawScalarField(draw, EQUAL_NAME, [home]), args: [], isSafe: true };
    const fields = [leaf, drawScalarField(draw, 'tint', [home])];
    types.set(base, { kind: 'value', name: base, fields, subgraphs: new Set([home]) } satisfies ValueModel);
    const type: TypeRef = { base, nonNulls: draw.chance(70) ? [draw.chance(30)] : [false, draw.chance(50)] };
    const part = { ...createField(base.toLowerCase(), type, [home]), isSafe: true };
    entity.fields.push(part);
    const required = { field: part.name, args: {}, selection: [{ field: EQUAL_NAME, args: {}, selection: [] }] };
    const name = suffix === 'Lid' ? EQUAL_NAME : `${part.name}Height`;
    return pushLink(draft, entity, { name, owner: middle, required });
  });
  return draw.sample(links, links.length);
}

type Link = { readonly name: string; readonly owner: string; readonly required: RequiredField };

function pushLink({ draw }: Draft, entity: EntityModel, { name, owner, required }: Link): FieldModel {
  const link = { ...drawScalarField(draw, name, [owner]), requires: [required] };
  entity.fields.push(link);
  return link;
}

/**
 * A field of `middle` that leads to the entity and brings along one of its fields that `middle` does not own: on another
 * entity, since that one has it where the middle of the chain is planned too, else at the root.
 */
function addProvider({ draw, query, types }: Draft, entity: EntityModel, middle: string): void {
  const field = draw.pickFrom(
    entity.fields.filter((one) => isProvidable(one) && !one.owners.includes(middle) && !types.has(one.type.base)),
  );
  if (!field) return;
  field.isProvided = true;
  const type: TypeRef = { base: entity.name, nonNulls: draw.chance(50) ? [false] : [false, true] };
  const holders = [...types.values()].flatMap((other) => {
    const isHolder = other.kind === 'entity' && other !== entity && other.presence.get(middle)?.isResolvable;
    return isHolder ? [other.fields] : [];
  });
  const holder = draw.pickFrom(holders) ?? query;
  holder.push({ ...createField(`${entity.name.toLowerCase()}Provided`, type, [middle]), provides: field.name });
}

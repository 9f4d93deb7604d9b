import type { Draw } from './draw.ts';
import { drawField, type FieldOptions } from './generate-field.ts';
import type { EntityModel, FieldModel, Presence, TypeModel } from './model.ts';

export type GraphOptions = {
  /** Whether a field that others require may itself require others. */
  readonly chains: boolean;
  /** Whether one field may be required with different arguments. */
  readonly conflicts: boolean;
};

/** A graph under construction. */
export type Draft = {
  readonly draw: Draw;
  readonly options: GraphOptions;
  /** The arguments with which a field is required, by `Type.field`. */
  readonly literals: Map<string, Readonly<Record<string, unknown>>>;
  readonly subgraphs: readonly string[];
  readonly renamed: ReadonlySet<string>;
  readonly types: Map<string, TypeModel>;
  readonly query: FieldModel[];
  readonly mutation: FieldModel[];
};

/** The types that a field in `subgraph` can have, other than scalars. */
export function typesAt(draft: Draft, subgraph: string): string[] {
  return [...draft.types.keys()].filter((name) => canHold(draft, subgraph, name));
}

/** Makes `subgraph` able to return `typeName`: it gets a stub of an entity, the whole of a value type. */
export function settle(draft: Draft, subgraph: string, typeName: string): void {
  const type = draft.types.get(typeName);
  if (type?.kind === 'entity' && !type.presence.has(subgraph)) {
    const keys = draft.draw.sample(type.keys, 1);
    enter(draft, type, { subgraph, presence: { keys, isResolvable: draft.draw.chance(50), missing: [] } });
  } else if (type?.kind === 'value' && !type.subgraphs.has(subgraph)) {
    type.subgraphs.add(subgraph);
    for (const field of type.fields) {
      field.owners = [...field.owners, subgraph];
      settle(draft, subgraph, field.type.base);
    }
  } else if (type?.kind === 'union' && !type.membersIn.has(subgraph)) {
    const members = [...new Set([...type.membersIn.values()].flat())].filter((name) => canHold(draft, subgraph, name));
    type.membersIn.set(subgraph, draft.draw.sample(members, draft.draw.between(1, members.length)));
    for (const name of type.membersIn.get(subgraph) ?? []) settle(draft, subgraph, name);
  }
}

/** A field that `owners` resolve, of any type that all of them can hold. */
export function addField(draft: Draft, fields: FieldModel[], options: FieldOptions): FieldModel {
  const field = drawField(draft.draw, options);
  for (const owner of field.owners) settle(draft, owner, field.type.base);
  fields.push(field);
  return field;
}

/** Whether a field in `subgraph` can have that type. */
export function canHold(draft: Draft, subgraph: string, typeName: string): boolean {
  const type = draft.types.get(typeName);
  switch (type?.kind) {
    case undefined:
      return true;
    case 'entity':
      return ![...draft.types.values()].some(
        (other) =>
          other.kind === 'interface' && other.members.includes(typeName) && other.object?.subgraphs.includes(subgraph),
      );
    case 'value':
      return type.name.endsWith('Split') || isPartOfEntity(type.name)
        ? false
        : type.fields.every((field) => canHold(draft, subgraph, field.type.base));
    case 'interface':
      return type.fieldsIn.has(subgraph) || type.object?.subgraphs.includes(subgraph) === true;
    case 'union':
      return [...type.membersIn.values()].flat().some((name) => canHold(draft, subgraph, name));
  }
}

/** The types of objects inside keys, by what follows the entity's name, and the keys that have them. */
const KEY_OBJECTS = ['Tag', 'Place', 'Zone'] as const;
const WITH_OBJECTS = ['tags { text }', 'place { zone { id } }', 'place { zone { id } }'] as const;

/** Whether a type is that of an object inside a key, or of one that an entity is made of. */
function isPartOfEntity(typeName: string): boolean {
  return /^E\d+(?:Org|Tag|Place|Zone|Lid|Rim)$/.test(typeName);
}

/** Adds the entity to a subgraph, with the fields of its keys there. */
export function enter(
  draft: Draft,
  entity: EntityModel,
  { subgraph, presence }: { subgraph: string; presence: Presence },
): void {
  entity.presence.set(subgraph, presence);
  const own = (field: FieldModel) => {
    field.owners = [...field.owners, subgraph];
  };
  entity.fields.filter(({ key }) => key !== null && presence.keys.includes(key)).forEach(own);
  for (const suffix of KEY_OBJECTS.filter((_, i) => presence.keys.some((key) => key === WITH_OBJECTS[i]))) {
    const type = draft.types.get(`${entity.name}${suffix}`);
    if (type?.kind !== 'value') continue;
    type.subgraphs.add(subgraph);
    type.fields.forEach(own);
  }
  const org = draft.types.get(`${entity.name}Org`);
  if (org?.kind !== 'value' || !presence.keys.includes('org { id } slug')) return;
  org.subgraphs.add(subgraph);
  // Only the hub knows more of it than its id: the rest of that object is reached through the entity's keys.
  org.fields.filter(({ key }) => key !== null || subgraph === entity.hub).forEach(own);
}

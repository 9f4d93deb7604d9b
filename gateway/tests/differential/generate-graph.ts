import type { Random } from '@playgraph/kernel/random';
import { addField, type Draft, enter, type GraphOptions, settle, typesAt } from './draft.ts';
import { createDraw } from './draw.ts';
import { addChains } from './generate-chains.ts';
import { createField, drawField, drawScalarField } from './generate-field.ts';
import { addTraps } from './generate-traps.ts';
import {
  type EntityModel,
  type FieldModel,
  type GraphModel,
  type InterfaceModel,
  KEY_SHAPES,
  SHAPE_FIELD,
  type ValueModel,
} from './model.ts';

const SUBGRAPHS = ['a', 'b', 'c', 'd', 'e'];

/**
 * A random Federation 2 graph that composes by construction: the hub of an entity resolves every one of its keys, each
 * other subgraph at least one, and a value type is whole wherever no entity leads to its other half.
 */
export function generateGraph(random: Random, options: GraphOptions): GraphModel {
  const draw = createDraw(random);
  const subgraphs = SUBGRAPHS.slice(0, draw.between(2, SUBGRAPHS.length));
  const draft: Draft = {
    draw,
    options,
    literals: new Map(),
    subgraphs,
    renamed: new Set(subgraphs.filter(() => draw.chance(15))),
    types: new Map(),
    query: [],
    mutation: [],
  };
  for (let i = draw.between(1, 3); i > 0; i--) addValue(draft);
  for (let i = draw.between(1, 2); i > 0; i--)
    addEntity(draft, { hub: draw.pickFrom(subgraphs) ?? 'a', without: null });
  if (draw.chance(70)) addInterface(draft);
  if (draw.chance(70)) addUnion(draft, draw.chance(40));
  for (const type of [...draft.types.values()]) if (type.kind === 'entity') addReferences(draft, type);
  addRoots(draft);
  addBare(draft);
  addChains(draft);
  addTraps(draft);
  return draft;
}

function addValue(draft: Draft): void {
  const { draw, types } = draft;
  const name = `V${types.size}`;
  const bases = [...types.keys()].filter((base) => types.get(base)?.kind === 'value');
  const fields = Array.from({ length: draw.between(1, 3) }, (_, i) =>
    drawScalarField(draw, `${fieldName(name)}${i}`, []),
  );
  fields.push(createField(SHAPE_FIELD, { base: 'String', nonNulls: [draw.chance(30)] }, []));
  if (draw.chance(50)) fields.push(drawField(draw, { name: `${fieldName(name)}Sub`, owners: [], bases }));
  types.set(name, { kind: 'value', name, fields, subgraphs: new Set() } satisfies ValueModel);
}

type Home = {
  readonly hub: string;
  /** The subgraphs that must not have it; null: any may. */
  readonly without: readonly string[] | null;
};

function addEntity(draft: Draft, { hub, without }: Home): EntityModel {
  const { draw, types } = draft;
  const name = `E${types.size}`;
  const keys = without === null ? draw.sample(KEY_SHAPES, draw.between(1, 3)) : withId(draw.sample(KEY_SHAPES, 2));
  const entity: EntityModel = {
    kind: 'entity',
    name,
    hub,
    keys,
    fields: keyFields(draft, name, keys),
    presence: new Map(),
  };
  types.set(name, entity);
  enter(draft, entity, { subgraph: hub, presence: { keys, isResolvable: true, missing: [] } });
  for (const subgraph of draft.subgraphs.filter((other) => other !== hub && !without?.includes(other))) {
    if (!draw.chance(60)) continue;
    const some = draw.sample(keys, draw.between(1, 2));
    enter(draft, entity, { subgraph, presence: { keys: some, isResolvable: true, missing: [] } });
  }
  const homes = [...entity.presence.keys()];
  for (let i = draw.between(2, 5); i > 0; i--) {
    const owners = draw.sample(homes, draw.chance(70) ? 1 : 2);
    entity.fields.push(withPromise(draft, drawScalarField(draw, `${fieldName(name)}${i}`, owners)));
  }
  return entity;
}

/** Of two owners one may promise what the other does not: then the supergraph does not either. */
function withPromise({ draw }: Draft, field: FieldModel): FieldModel {
  const [owner, other] = field.owners;
  if (owner === undefined || other === undefined || field.type.nonNulls[0] === true || !draw.chance(40)) return field;
  return { ...field, isSafe: true, strictIn: owner };
}

function withId(keys: readonly EntityModel['keys'][number][]): EntityModel['keys'] {
  return keys.includes('id') ? keys : ['id', ...keys];
}

function keyFields(draft: Draft, entity: string, keys: EntityModel['keys']): FieldModel[] {
  const fields: FieldModel[] = [];
  const push = (name: string, base: string, key: EntityModel['keys'][number]) =>
    fields.push({ ...createField(name, { base, nonNulls: [true] }, []), isSafe: true, key });
  for (const key of keys) {
    if (key === 'id') push('id', 'ID', key);
    if (key === 'num') push('num', 'Int', key);
    if (key === 'sku code') {
      push('sku', 'String', key);
      push('code', 'Int', key);
    }
    if (key === 'org { id } slug') {
      const id = { ...createField('id', { base: 'ID', nonNulls: [true] }, []), isSafe: true, key };
      const name = drawScalarField(draft.draw, 'name', []);
      const org: ValueModel = { kind: 'value', name: `${entity}Org`, fields: [id, name], subgraphs: new Set() };
      draft.types.set(org.name, org);
      push('org', org.name, key);
      push('slug', 'String', key);
    }
    if (key === 'tags { text }') {
      const tag = addKeyObject(draft, { name: `${entity}Tag`, key }, { name: 'text', base: 'String' });
      const list = { ...createField('tags', { base: tag, nonNulls: [true, true] }, []), isSafe: true, key };
      fields.push(list);
    }
    if (key === 'place { zone { id } }') {
      const zone = addKeyObject(draft, { name: `${entity}Zone`, key }, { name: 'id', base: 'ID' });
      push('place', addKeyObject(draft, { name: `${entity}Place`, key }, { name: 'zone', base: zone }), key);
    }
  }
  return fields;
}

type KeyObject = { readonly name: string; readonly key: EntityModel['keys'][number] };

/** The type of an object inside a key, with one field. */
function addKeyObject({ types }: Draft, { name, key }: KeyObject, field: { name: string; base: string }): string {
  const own = { ...createField(field.name, { base: field.base, nonNulls: [true] }, []), isSafe: true, key };
  types.set(name, { kind: 'value', name, fields: [own], subgraphs: new Set() } satisfies ValueModel);
  return name;
}

function addInterface(draft: Draft): void {
  const { draw, subgraphs, types } = draft;
  const [hub = 'a', other = 'b', ...rest] = draw.sample(subgraphs, 4);
  const without = draw.chance(70) ? rest : [];
  const name = `I${types.size}`;
  const members = [addEntity(draft, { hub, without }), addEntity(draft, { hub, without })];
  const isWide = members.every(({ presence }) => presence.get(other)?.keys.includes('id'));
  const common = drawField(draw, { name: 'common', owners: [hub], bases: [] });
  const extra = drawField(draw, { name: 'extra', owners: [other], bases: [] });
  const fields = drawObjectFields(draft, without, [common, ...(isWide ? [extra] : [])]);
  for (const member of members) member.fields.push({ ...common }, ...(isWide ? [{ ...extra }] : []));
  const type: InterfaceModel = {
    kind: 'interface',
    name,
    isLoose: draw.chance(40),
    parent: draw.chance(40) ? 'Base' : null,
    members: members.map((member) => member.name),
    fieldsIn: new Map([[hub, ['common']], ...(isWide ? [[other, ['extra']] as const] : [])]),
    bareIn: new Set(),
    object: without.length === 0 ? null : { subgraphs: without, fields },
  };
  types.set(name, type);
  if (type.parent === null) return;
  const fieldsIn = new Map([...type.fieldsIn.keys()].map((subgraph) => [subgraph, []] as const));
  types.set(type.parent, { ...type, name: type.parent, parent: null, fieldsIn, object: null });
}

/** What interface objects add: each fields of its own, and the first one that may require those of any other subgraph. */
function drawObjectFields({ draw }: Draft, subgraphs: readonly string[], shared: readonly FieldModel[]): FieldModel[] {
  const [first, second] = subgraphs;
  if (first === undefined) return [];
  const fields = [0, 1].map((i) => toNullable(drawScalarField(draw, `score${i}`, [first])));
  const votes = second === undefined ? [] : [{ ...toNullable(drawScalarField(draw, 'votes', [second])), args: [] }];
  const candidates = [...shared, ...votes].filter(({ args }) => args.length === 0);
  const required = draw.chance(80) ? draw.sample(candidates, draw.chance(80) ? 2 : 1) : [];
  for (const field of required) field.isSafe = true;
  if (required.length > 0) {
    const requires = required.map(({ name }) => ({ field: name, args: {}, selection: [] }));
    fields.push({ ...toNullable(drawScalarField(draw, 'scoreNeeds', [first])), requires });
  }
  return [...fields, ...votes];
}

/** Fields of an interface in a subgraph that knows no type of it. */
function addBare(draft: Draft): void {
  const { draw, query, subgraphs, types } = draft;
  for (const type of [...types.values()]) {
    if (type.kind !== 'interface' || type.parent !== null || type.name === 'Base') continue;
    const others = subgraphs.filter((name) => !type.fieldsIn.has(name) && !type.object?.subgraphs.includes(name));
    const bare = draw.pickFrom(others);
    if (bare === null || !draw.chance(60)) continue;
    type.bareIn.add(bare);
    const add = (fields: FieldModel[], name: string, nonNulls: readonly boolean[]) =>
      fields.push({ ...createField(name, { base: type.name, nonNulls }, [bare]), isEmpty: true });
    add(query, `${bare}Found`, [false]);
    add(query, `${bare}FoundAll`, [draw.chance(70), true]);
    const entity = draw.pickFrom(
      [...types.values()].filter((one) => one.kind === 'entity' && one.presence.get(bare)?.isResolvable),
    );
    if (entity?.kind === 'entity') add(entity.fields, `${fieldName(entity.name)}Found`, [false, draw.chance(50)]);
  }
}

/**
 * The planner asks an interface object's fields for every member that any fragment names. One that may not be null would
 * take others with it, for a member for which nobody asked it.
 */
function toNullable(field: FieldModel): FieldModel {
  const [, ...inner] = field.type.nonNulls;
  return { ...field, type: { ...field.type, nonNulls: [false, ...inner] } };
}

function addUnion(draft: Draft, isInterface: boolean): void {
  const { draw, types } = draft;
  const home = draw.pickFrom(draft.subgraphs) ?? 'a';
  const names = typesAt(draft, home).filter((name) => {
    const kind = types.get(name)?.kind;
    return isInterface ? kind === 'value' : kind !== 'interface';
  });
  const members = draw.sample(names, draw.between(1, 3));
  if (members.length === 0) return;
  const name = `U${types.size}`;
  types.set(name, { kind: 'union', name, isInterface, membersIn: new Map([[home, members]]) });
  for (const member of members) settle(draft, home, member);
}

function addReferences(draft: Draft, entity: EntityModel): void {
  const homes = [...entity.presence].filter(([, { isResolvable }]) => isResolvable).map(([name]) => name);
  for (let i = draft.draw.between(1, 3); i > 0; i--) {
    const owner = draft.draw.pickFrom(homes) ?? entity.hub;
    const options = { name: `${fieldName(entity.name)}Ref${i}`, owners: [owner], bases: typesAt(draft, owner) };
    addField(draft, entity.fields, options);
  }
}

function addRoots(draft: Draft): void {
  const { draw } = draft;
  for (const subgraph of draft.subgraphs) {
    const bases = typesAt(draft, subgraph);
    for (let i = draw.between(1, 3); i > 0; i--) {
      addField(draft, draft.query, { name: `${subgraph}Root${i}`, owners: [subgraph], bases });
    }
    const seen = bases.filter((base) => isSeenAsObject(draft, base, subgraph));
    if (seen.length > 0) addField(draft, draft.query, { name: `${subgraph}Rated`, owners: [subgraph], bases: seen });
    if (draw.chance(40)) addField(draft, draft.mutation, { name: `${subgraph}Do`, owners: [subgraph], bases });
  }
  if (draw.chance(50)) draft.query.push(drawScalarField(draw, 'both', draw.sample(draft.subgraphs, 2)));
}

function isSeenAsObject({ types }: Draft, typeName: string, subgraph: string): boolean {
  const type = types.get(typeName);
  return type?.kind === 'interface' && type.object?.subgraphs.includes(subgraph) === true;
}

function fieldName(typeName: string): string {
  return typeName.toLowerCase();
}

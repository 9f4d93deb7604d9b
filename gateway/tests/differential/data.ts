import { DomainError } from '@playgraph/kernel/errors';
import { hashOf } from './draw.ts';
import {
  COLORS,
  DANGLING_FROM,
  type EntityModel,
  type FieldModel,
  type GraphModel,
  getEntity,
  getField,
  INSTANCES,
  type InterfaceModel,
  type KeyShape,
  MOOD,
  ownMoodOf,
  type RequiredField,
} from './model.ts';

/** An object of the generated data, as a resolver's parent. */
export type Node = {
  readonly __typename: string;
  /** What it is: the same for one entity wherever it is met. */
  readonly at: string;
  /** The instance, of an entity or of the entity that a key's object belongs to. */
  readonly n?: number;
  /** The member of the interface, where a subgraph knows the interface as an object. */
  readonly member?: string;
  /** For a reference to nothing: the key that is all that is known of it. */
  readonly via?: KeyShape;
};

/** What decides a field's value: where it stands, and what it is given. */
export type Place = {
  readonly field: FieldModel;
  readonly node: Node;
  readonly args: Readonly<Record<string, unknown>>;
  /** The values of the fields that it `@requires`. */
  readonly required: unknown;
};

const LIST_LENGTH_MAX = 3;

/**
 * The value of a field: a pure function of the place and the seed, so that whoever resolves it says the same.
 * Rarely null where none may be. @throws Error where the data has an error.
 */
export function valueAt(graph: GraphModel, seed: string, place: Place): unknown {
  const { field, node, args, required } = place;
  const text = `${seed}/${node.at}.${field.name}(${JSON.stringify(args)})${JSON.stringify(required) ?? ''}`;
  // Objects fail less often than leaves: there is more to see below them.
  const [errorsIn1000, nullsIn1000] = graph.types.has(field.type.base) ? [15, 70] : [40, 150];
  const build = (level: number, at: string): unknown => {
    const isNonNull = field.type.nonNulls[level] === true;
    const fate = hashOf(`${at}?`) % 1_000;
    if (!field.isSafe && fate < (isNonNull ? 8 : errorsIn1000)) {
      return new DomainError('CONFLICT', `${at.slice(seed.length + 1)} fails`);
    }
    const isPromised = level === 0 && field.strictIn !== null;
    if (!isPromised && fate >= 1_000 - (isNonNull ? (field.isSafe ? 0 : 8) : nullsIn1000)) return null;
    if (level === field.type.nonNulls.length - 1) return field.isEmpty ? null : baseValue(graph, field, at);
    const length = field.isEmpty ? 0 : hashOf(`${at}#`) % (LIST_LENGTH_MAX + 1);
    return Array.from({ length }, (_, i) => build(level + 1, `${at}[${i}]`));
  };
  return build(0, text);
}

/** What the key fields of instance `n` are; an object for `org`. */
export function keyValue(entity: string, fieldName: string, n: number): unknown {
  switch (fieldName) {
    case 'id':
      return `${entity}-${n}`;
    case 'num':
      return 100 + n;
    case 'sku':
      return `sku${n >> 1}`;
    case 'code':
      return n & 1;
    case 'slug':
      return `g${n & 1}`;
    case 'tags':
      return ['first', 'second'].map((which) => {
        return { __typename: `${entity}Tag`, at: `${entity}:${n}.tags.${which}`, n } satisfies Node;
      });
    case 'place':
      return { __typename: `${entity}Place`, at: `${entity}:${n}.place`, n } satisfies Node;
    default:
      return { __typename: `${entity}Org`, at: `${entity}:${n}.org`, n } satisfies Node;
  }
}

export function keyOf(entity: string, shape: KeyShape, n: number): Record<string, unknown> {
  if (shape === 'tags { text }') return { tags: [{ text: `t${n >> 1}` }, { text: `t${n & 1}` }] };
  if (shape === 'place { zone { id } }') return { place: { zone: { id: `z${n}` } } };
  if (shape === 'org { id } slug') return { org: { id: `o${n >> 1}` }, slug: keyValue(entity, 'slug', n) };
  return Object.fromEntries(shape.split(' ').map((name) => [name, keyValue(entity, name, n)]));
}

/** The values that `required` names at `node`, as the supergraph would gather them. */
export function gather(
  graph: GraphModel,
  seed: string,
  { node, required }: { node: unknown; required: readonly RequiredField[] },
): unknown {
  if (Array.isArray(node)) return node.map((item) => gather(graph, seed, { node: item, required }));
  if (node === null || required.length === 0) return node ?? null;
  const parent = node as Node;
  return Object.fromEntries(
    required.map(({ field: name, args, selection }) => {
      const field = getField(graph, parent.__typename, name);
      const own =
        field.requires.length > 0 ? gather(graph, seed, { node: parent, required: field.requires }) : undefined;
      const value = valueAt(graph, seed, { field, node: parent, args: completeArgs(field, args), required: own });
      return [name, gather(graph, seed, { node: value, required: selection })];
    }),
  );
}

/** The arguments with their defaults, in the order of their definition, as an executor would hand them over. */
function completeArgs(field: FieldModel, args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = field.args.map(({ name, defaultValue }) => [name, name in args ? args[name] : defaultValue] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function baseValue(graph: GraphModel, field: FieldModel, at: string): unknown {
  const roll = hashOf(at);
  const type = graph.types.get(field.type.base);
  if (field.type.base === 'Mood') return moodOf(field, roll);
  if (!type) return scalarValue(field.type.base, roll);
  switch (type.kind) {
    case 'value':
      return { __typename: type.name, at };
    case 'entity':
      return entityNode(type, { field, at });
    case 'interface':
      return interfaceNode(graph, type, { field, at });
    case 'union': {
      const members = field.owners.flatMap((owner) => type.membersIn.get(owner) ?? []);
      const name = members[roll % members.length] ?? '';
      return graph.types.get(name)?.kind === 'value'
        ? { __typename: name, at }
        : entityNode(getEntity(graph, name), { field: { ...field, isSafe: true }, at });
    }
  }
}

/** A value that whoever resolves the field knows. */
function moodOf({ owners, isProvided }: FieldModel, roll: number): string {
  const [owner, ...others] = owners;
  const isOwn = owner !== undefined && others.length === 0 && !isProvided && roll % 2 === 0;
  return isOwn ? ownMoodOf(owner) : MOOD;
}

type Spot = { readonly field: FieldModel; readonly at: string };

/** One of the instances that every owner of the field knows; where only a stub stands, now and then one that nobody knows. */
function entityNode(entity: EntityModel, { field, at }: Spot): Node {
  const roll = hashOf(at);
  const via = danglingKey(entity, field);
  if (via && roll % 5 === 0) {
    const n = DANGLING_FROM + (roll % INSTANCES);
    return { __typename: entity.name, at: `${entity.name}:${n}`, n, via };
  }
  const missing = field.owners.flatMap((owner) => entity.presence.get(owner)?.missing ?? []);
  const known = Array.from({ length: INSTANCES }, (_, n) => n).filter((n) => !missing.includes(n));
  const n = known[roll % known.length] ?? 0;
  return { __typename: entity.name, at: `${entity.name}:${n}`, n };
}

function interfaceNode(graph: GraphModel, type: InterfaceModel, { field, at }: Spot): Node {
  const name = type.members[hashOf(at) % type.members.length] ?? '';
  return entityNode(getEntity(graph, name), { field: { ...field, isSafe: true }, at: `${at}!` });
}

/** The only key by which the field's owner knows the entity, when it knows nothing else of it. */
function danglingKey(entity: EntityModel, field: FieldModel): KeyShape | null {
  const [owner, ...others] = field.owners;
  if (owner === undefined || others.length > 0 || field.isSafe || field.provides !== null) return null;
  const presence = entity.presence.get(owner);
  if (owner === entity.hub || presence?.keys.length !== 1) return null;
  const isStub = entity.fields.every(({ key, owners }) => key !== null || !owners.includes(owner));
  const [key = null] = presence.keys;
  // Whether `org { id name }` is an object then depends on whom a plan asks for it: nobody can say which is right.
  return isStub && key !== null && !key.includes('{') ? key : null;
}

/** Undefined: the number itself. Long ones are printed in another way, and those that need an escape in yet another. */
const TEXTS = [
  '',
  'plain',
  '"quoted" \\ \u2028',
  'žluťoučký 🐎',
  '__proto__',
  undefined,
  'a text of printable ASCII that is long enough to be copied as a whole',
  'a text with a "quoted" part, a \\ and a \n that is long enough to be copied as a whole',
];

function scalarValue(name: string, roll: number): unknown {
  switch (name) {
    case 'Int':
      return (roll % 5 === 0 ? -roll : roll) >> 4;
    case 'Float':
      return [0.5, -1.25, 1e21, 3, 12_345_678_901_234, roll / 7][roll % 6];
    case 'Boolean':
      return roll % 2 === 0;
    case 'ID':
      return roll % 3 === 0 ? String(roll) : `id:${roll}`;
    case 'Color':
      return COLORS[roll % COLORS.length];
    case 'Blob':
      return [{ id: roll, __typename: 'E0', org: { id: null } }, [roll, [null, 'x']], 'plain', roll, true, {}][
        roll % 6
      ];
    default:
      return TEXTS[roll % TEXTS.length] ?? String(roll);
  }
}

import type { Random } from '@playgraph/kernel/random';
import {
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isUnionType,
} from 'graphql';
import { createDraw, type Draw } from './draw.ts';
import { createValueWriter, type ValueWriter } from './generate-value.ts';

export type GeneratedOperation = { readonly source: string; readonly variables: Record<string, unknown> };

export type OperationOptions = {
  /** Whether aliases may be names that the graph itself uses: of keys, of required fields, `__typename`. */
  readonly shadows: boolean;
  /** Whether there may be `@skip` and `@include`; as ever when not said. */
  readonly conditions?: boolean;
};

const DEPTH_MAX = 5;
const FIELDS_MAX = 5;
const FRAGMENTS_MAX = 3;
const ALIASES = ['x', 'y', '_0', 'id__alias_0', 'constructor', 'toString'] as const;
const SHADOWS = ['id', 'num', 'sku', 'code', 'slug', 'org', 'name', 'common', '__typename', '__proto__'] as const;

/** What a response key stands for at one place of the response, so that fragments which meet there agree. */
type Taken = { readonly name: string; readonly args: string; readonly below: Names };
type Names = Map<string, Taken>;
type Spot = { readonly depth: number; readonly names: Names };

type Drafting = {
  readonly draw: Draw;
  readonly schema: GraphQLSchema;
  readonly values: ValueWriter;
  readonly aliases: readonly string[];
  readonly conditions: boolean;
  /** Name -> the type it is on, and its text. */
  readonly fragments: Map<string, { readonly on: GraphQLCompositeType; readonly text: string }>;
};

/**
 * A random operation on `schema`. Nearly always valid: fragments that overlap may disagree about what a name means, so
 * the caller validates and drops those that do.
 */
export function generateOperation(
  schema: GraphQLSchema,
  random: Random,
  { shadows, conditions = true }: OperationOptions,
): GeneratedOperation {
  const draw = createDraw(random);
  const aliases = shadows ? [...ALIASES, ...SHADOWS] : ALIASES;
  const values = createValueWriter(draw);
  const drafting: Drafting = { draw, schema, values, aliases, conditions, fragments: new Map() };
  const mutation = schema.getMutationType();
  const isMutation = mutation && draw.chance(10);
  const root = (isMutation ? mutation : schema.getQueryType()) as GraphQLObjectType;
  const selection = drawSelection(drafting, root, { depth: 0, names: new Map() });
  const { declarations, variables } = drafting.values.finish();
  const head = `${isMutation ? 'mutation' : 'query'} Q${declarations === '' ? '' : `(${declarations})`}`;
  const fragments = [...drafting.fragments].map(([name, { on, text }]) => `fragment ${name} on ${on.name} ${text}`);
  return { source: [`${head} ${selection}`, ...fragments].join('\n'), variables };
}

function drawSelection(drafting: Drafting, type: GraphQLCompositeType, spot: Spot): string {
  const { draw } = drafting;
  const isRoot = spot.depth === 0;
  const count = draw.between(1, isRoot ? 3 : FIELDS_MAX);
  const parts = Array.from({ length: count }, () => drawPart(drafting, type, spot));
  if (isRoot && draw.chance(8)) parts.push(drawIntrospection(drafting));
  return `{ ${parts.join(' ')} }`;
}

function drawPart(drafting: Drafting, type: GraphQLCompositeType, spot: Spot): string {
  const { draw } = drafting;
  const roll = draw.between(0, 99);
  if (roll < 7) return `${draw.chance(30) ? 't: ' : ''}__typename${drawDirectives(drafting)}`;
  const wantsFragment = isAbstractType(type) ? (isUnionType(type) ? 100 : 60) : 18;
  if (draw.chance(wantsFragment) && spot.depth < DEPTH_MAX) return drawFragment(drafting, type, spot);
  return isUnionType(type) ? '__typename' : drawField(drafting, type, spot);
}

function drawFragment(drafting: Drafting, type: GraphQLCompositeType, spot: Spot): string {
  const { draw, fragments } = drafting;
  const on = drawCondition(drafting, type);
  const inner = { ...spot, depth: spot.depth + 1 };
  if (draw.chance(25)) {
    const known = [...fragments].filter(([, fragment]) => fragment.on === on && fragment.text !== '');
    const reused = draw.chance(60) ? draw.pickFrom(known) : null;
    if (reused) return `...${reused[0]}${drawDirectives(drafting)}`;
    if (fragments.size < FRAGMENTS_MAX) {
      const name = `F${fragments.size}`;
      fragments.set(name, { on, text: '' });
      fragments.set(name, { on, text: drawSelection(drafting, on, inner) });
      return `...${name}${drawDirectives(drafting)}`;
    }
  }
  const condition = on === type && draw.chance(50) ? '' : ` on ${on.name}`;
  return `...${condition}${drawDirectives(drafting)} ${drawSelection(drafting, on, inner)}`;
}

/** A type that objects of `type` can have: itself, a member, or an interface of a member. */
function drawCondition({ draw, schema }: Drafting, type: GraphQLCompositeType): GraphQLCompositeType {
  const members = isAbstractType(type) ? schema.getPossibleTypes(type) : [type as GraphQLObjectType];
  const member = draw.pickFrom(members);
  const around = draw.chance(15) ? draw.pickFrom(member?.getInterfaces() ?? []) : null;
  return (draw.chance(15) ? type : around) ?? member ?? type;
}

function drawField(drafting: Drafting, type: GraphQLCompositeType, { depth, names }: Spot): string {
  const { draw } = drafting;
  const fields = isUnionType(type) ? [] : Object.values(type.getFields());
  const usable = fields.filter((field) => depth < DEPTH_MAX || !isCompositeType(getNamedType(field.type)));
  const field = draw.pickFrom(usable);
  if (!field) return '__typename';
  const known = [...names].filter(([, { name }]) => name === field.name);
  const again = draw.chance(50) ? draw.pickFrom(known) : null;
  const [key, taken] = again ?? name(drafting, names, field);
  names.set(key, taken);
  const below = getNamedType(field.type);
  const selection = isCompositeType(below)
    ? ` ${drawSelection(drafting, below, { depth: depth + 1, names: taken.below })}`
    : '';
  const alias = key === field.name ? '' : `${key}: `;
  return `${alias}${field.name}${taken.args}${drawDirectives(drafting)}${selection}`;
}

/** A name and arguments for one more field: those that an alias asks for, unless something else has that name here. */
function name(drafting: Drafting, names: Names, field: GraphQLField<unknown, unknown>): [string, Taken] {
  const { draw, aliases } = drafting;
  const args = drawArguments(drafting, field.args);
  const key = draw.chance(18) ? (draw.pickFrom(aliases) ?? 'x') : field.name;
  const isFree = !names.has(key) || draw.chance(2);
  return [isFree ? key : `${field.name}_${names.size}`, { name: field.name, args, below: new Map() }];
}

function drawArguments({ draw, values }: Drafting, args: readonly GraphQLArgument[]): string {
  const given = args.flatMap((arg) => {
    const isNeeded = arg.defaultValue === undefined && String(arg.type).endsWith('!');
    return isNeeded || draw.chance(60) ? [`${arg.name}: ${values.write(arg)}`] : [];
  });
  return given.length > 0 ? `(${given.join(', ')})` : '';
}

function drawDirectives({ draw, values, conditions }: Drafting): string {
  if (!conditions) return '';
  const one = (name: string) => ` @${name}(if: ${values.writeCondition()})`;
  const roll = draw.between(0, 99);
  if (roll < 7) return one('include');
  if (roll < 13) return one('skip');
  return roll < 15 ? one('skip') + one('include') : '';
}

function drawIntrospection({ draw, schema }: Drafting): string {
  const name = draw.pickFrom(Object.keys(schema.getTypeMap()).filter((type) => !type.startsWith('__'))) ?? 'Query';
  return draw.pick([
    '__schema { queryType { name __typename } }',
    `__type(name: "${name}") { kind name t: __typename }`,
    `info: __type(name: "Nothing") { name }`,
  ]);
}

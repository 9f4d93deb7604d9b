import { type GraphQLInputType, getNamedType, isInputObjectType, Kind, type ValueNode } from 'graphql';
import { sum, type Term, variableValue } from './cost-terms.ts';

/** An argument or input field: its schema coordinate and its type. */
export type InputPlace = { readonly coordinate: string; readonly type: GraphQLInputType };

/** A value deeper than that counts no further: `checkVariables` has refused it. */
const VALUE_LEVELS_MAX = 200;

/**
 * What a value costs where `place` takes it: an input object 1 and the sum of its fields, a list the sum of its items,
 * anything else nothing; a weight of the argument or input field, or of its type, takes the place of the 1 or is added.
 */
export function costOfInput(weights: ReadonlyMap<string, number>, place: InputPlace, value: ValueNode): Term {
  const own = weightOf(weights, place);
  switch (value.kind) {
    case Kind.NULL:
      return 0;
    case Kind.VARIABLE: {
      if (own === 0 && !isInputObjectType(getNamedType(place.type))) return 0;
      const name = value.name.value;
      return (run) => costOfJson({ weights, place, levels: VALUE_LEVELS_MAX }, variableValue(run, name));
    }
    case Kind.LIST:
      return sum([own, ...value.values.map((item) => costOfInput(weights, place, item))]);
    case Kind.OBJECT: {
      const fields = value.fields.map((field) => {
        const inner = placeOf(place.type, field.name.value);
        return inner ? costOfInput(weights, inner, field.value) : 0;
      });
      return sum([weights.has(place.coordinate) ? own : ofObject(place.type, own), ...fields]);
    }
    default:
      return own;
  }
}

type JsonCosting = {
  readonly weights: ReadonlyMap<string, number>;
  readonly place: InputPlace;
  readonly levels: number;
};

function costOfJson(costing: JsonCosting, value: unknown): number {
  const { weights, place, levels } = costing;
  if (value === null || value === undefined || levels === 0) return 0;
  const own = weightOf(weights, place);
  if (typeof value !== 'object') return own;
  const below = { weights, place, levels: levels - 1 };
  if (Array.isArray(value)) return value.reduce((total: number, item) => total + costOfJson(below, item), own);
  let total = weights.has(place.coordinate) ? own : ofObject(place.type, own);
  for (const [name, part] of Object.entries(value)) {
    const inner = placeOf(place.type, name);
    if (inner) total += costOfJson({ ...below, place: inner }, part);
  }
  return total;
}

/** The weight that is stated for the place or its type, else 0. */
function weightOf(weights: ReadonlyMap<string, number>, { coordinate, type }: InputPlace): number {
  return weights.get(coordinate) ?? weights.get(getNamedType(type).name) ?? 0;
}

/** Objects cost 1 by themselves; scalars that look like objects do not. */
function ofObject(type: GraphQLInputType, own: number): number {
  return isInputObjectType(getNamedType(type)) ? Math.max(own, 1) : own;
}

function placeOf(type: GraphQLInputType, field: string): InputPlace | null {
  const named = getNamedType(type);
  if (!isInputObjectType(named)) return null;
  const definition = named.getFields()[field];
  return definition ? { coordinate: `${named.name}.${field}`, type: definition.type } : null;
}

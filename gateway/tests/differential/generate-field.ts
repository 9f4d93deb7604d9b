import type { Draw } from './draw.ts';
import { type ArgModel, COLORS, type FieldModel, SCALARS, type TypeRef } from './model.ts';

export type FieldOptions = {
  readonly name: string;
  readonly owners: readonly string[];
  /** The types with fields that it may have; none: it is a leaf. */
  readonly bases: readonly string[];
};

/** A field of any of `bases`, or a scalar when there are none. */
export function drawField(draw: Draw, { name, owners, bases }: FieldOptions): FieldModel {
  const base = draw.pickFrom(bases);
  if (base === null) return drawScalarField(draw, name, owners);
  return { ...createField(name, drawType(draw, base), owners), args: drawArgs(draw, 25) };
}

/** A leaf field. */
export function drawScalarField(draw: Draw, name: string, owners: readonly string[]): FieldModel {
  return { ...createField(name, drawType(draw, draw.pick(SCALARS)), owners), args: drawArgs(draw, 40) };
}

/** A field without any trap. */
export function createField(name: string, type: TypeRef, owners: readonly string[]): FieldModel {
  return {
    name,
    type,
    args: [],
    owners,
    requires: [],
    provides: null,
    providesBelow: null,
    strictIn: null,
    overrides: null,
    isProvided: false,
    isInaccessible: false,
    isSafe: false,
    isEmpty: false,
    key: null,
  };
}

function drawType(draw: Draw, base: string): TypeRef {
  const lists = draw.chance(60) ? 0 : draw.chance(75) ? 1 : 2;
  return { base, nonNulls: Array.from({ length: lists + 1 }, () => draw.chance(35)) };
}

function drawArgs(draw: Draw, percent: number): ArgModel[] {
  if (!draw.chance(percent)) return [];
  return draw.sample([...ARGS], draw.between(1, 2));
}

const ARGS: readonly ArgModel[] = [
  { name: 'unit', type: { base: 'String', nonNulls: [false] }, defaultValue: undefined },
  { name: 'lang', type: { base: 'String', nonNulls: [true] }, defaultValue: 'en' },
  { name: 'first', type: { base: 'Int', nonNulls: [false] }, defaultValue: 3 },
  { name: 'ratio', type: { base: 'Float', nonNulls: [true] }, defaultValue: undefined },
  { name: 'color', type: { base: 'Color', nonNulls: [false] }, defaultValue: COLORS[0] },
  { name: 'ids', type: { base: 'ID', nonNulls: [false, true] }, defaultValue: undefined },
  { name: 'grid', type: { base: 'Int', nonNulls: [false, true, false] }, defaultValue: undefined },
  { name: 'filter', type: { base: 'Filter', nonNulls: [false] }, defaultValue: undefined },
  { name: 'filters', type: { base: 'Filter', nonNulls: [false, false] }, defaultValue: undefined },
  { name: 'blob', type: { base: 'Blob', nonNulls: [false] }, defaultValue: undefined },
];

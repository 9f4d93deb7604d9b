import { MINOR_UNITS_MAX } from '@playgraph/kernel/money';
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';

const INSTANT_PATTERN = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/** `DateTime`: a valid `Date` inside, RFC 3339 in UTC with milliseconds outside; takes any RFC 3339 offset. */
export const dateTimeScalar = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  serialize(value) {
    if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw new TypeError('DateTime needs a valid Date');
    return value.toISOString();
  },
  parseValue: (value) => parseInstant(value),
  parseLiteral: (node) => parseInstant(node.kind === Kind.STRING ? node.value : null, node),
});

/** `MinorUnits`: a bigint inside, a JSON integer within +-(2^53-1) outside. Checked both ways. */
export const minorUnitsScalar = new GraphQLScalarType<bigint, number>({
  name: 'MinorUnits',
  serialize(value) {
    if (typeof value !== 'bigint' || !isInRange(value)) throw new TypeError('MinorUnits needs a bigint in range');
    return Number(value);
  },
  parseValue(value) {
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw notMinorUnits();
    return BigInt(value);
  },
  parseLiteral(node) {
    const value = node.kind === Kind.INT ? BigInt(node.value) : null;
    if (value === null || !isInRange(value)) throw notMinorUnits(node);
    return value;
  },
});

/** The scalars that `buildSchema` gives to every schema that declares them. */
export const ourScalars: readonly GraphQLScalarType[] = [dateTimeScalar, minorUnitsScalar];

function parseInstant(value: unknown, node?: ValueNode): Date {
  const parts = typeof value === 'string' ? INSTANT_PATTERN.exec(value) : null;
  const instant = parts ? new Date(parts[0]) : null;
  // Date rolls a 30th of February over to March; such a day is a mistake of the sender.
  const isDay = parts !== null && daysInMonth(Number(parts[1]), Number(parts[2])) >= Number(parts[3]);
  if (!instant || Number.isNaN(instant.getTime()) || !isDay) {
    throw new GraphQLError('Not an instant in RFC 3339, such as 2026-11-21T08:30:00Z.', { nodes: node ?? null });
  }
  return instant;
}

function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function isInRange(value: bigint): boolean {
  return value <= MINOR_UNITS_MAX && value >= -MINOR_UNITS_MAX;
}

function notMinorUnits(node?: ValueNode): GraphQLError {
  return new GraphQLError('Not an integer of minor units within +-(2^53-1).', { nodes: node ?? null });
}

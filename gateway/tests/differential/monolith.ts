import { buildSchema, type ExecutionResult, execute, type GraphQLSchema, isObjectType, parse } from 'graphql';
import { gather, type Node, valueAt } from './data.ts';
import { DANGLING_FROM, type FieldModel, type GraphModel, getField } from './model.ts';
import { printMonolith } from './print-graph.ts';
import { keyFieldAt } from './subgraph-resolvers.ts';

/** One schema over the same data: what a graph without federation would answer. */
export type Monolith = {
  readonly schema: GraphQLSchema;
  answer(source: string, variables: Record<string, unknown>): ExecutionResult;
  /** Where nothing must be there: every error that any field can have, none hidden by the fate of its parents. */
  answerLeniently(source: string, variables: Record<string, unknown>): ExecutionResult;
};

export function createMonolith(graph: GraphModel, seed: string): Monolith {
  const strict = createSchema(graph, seed, false);
  const lenient = createSchema(graph, seed, true);
  const run = (schema: GraphQLSchema) => (source: string, variables: Record<string, unknown>) => {
    const result = execute({ schema, document: parse(source), variableValues: variables });
    if (result instanceof Promise) throw new TypeError('the resolvers of the monolith are synchronous');
    return result as ExecutionResult;
  };
  return { schema: strict, answer: run(strict), answerLeniently: run(lenient) };
}

function createSchema(graph: GraphModel, seed: string, isLenient: boolean): GraphQLSchema {
  const schema = buildSchema(printMonolith(graph, isLenient));
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const model = getField(graph, type.name, field.name);
      field.resolve = (parent: Node | undefined, args) =>
        resolve(graph, seed, { field: model, node: parent ?? { __typename: type.name, at: type.name }, args });
    }
  }
  return schema;
}

type Spot = { readonly field: FieldModel; readonly node: Node; readonly args: Record<string, unknown> };

function resolve(graph: GraphModel, seed: string, spot: Spot): unknown {
  const { field, node } = spot;
  if (field.key !== null && (node.via === undefined || node.via === field.key)) return keyFieldAt(node, field.name);
  if (isUnknown(graph, field, node)) return null;
  const required = field.requires.length > 0 ? gather(graph, seed, { node, required: field.requires }) : undefined;
  return valueAt(graph, seed, { ...spot, required });
}

/** Whether nobody who owns the field knows that instance: a reference to nothing, or one that its only owner lost. */
function isUnknown(graph: GraphModel, { owners }: FieldModel, { __typename, n = 0 }: Node): boolean {
  if (n >= DANGLING_FROM) return true;
  const type = graph.types.get(__typename);
  return type?.kind === 'entity' && owners.some((owner) => type.presence.get(owner)?.missing.includes(n));
}

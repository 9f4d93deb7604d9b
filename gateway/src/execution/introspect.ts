import {
  type DocumentNode,
  executeSync,
  type FieldNode,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import type { Run } from './run.ts';
import type { FieldProblem, WriteRun } from './writer/write-run.ts';

/** An operation, and the schema that it asks about itself. */
export type Introspected = {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
};

/** Prints an introspection field. */
export type WriteIntrospection = (writing: WriteRun) => void;

/**
 * Compiles an introspection field of the root, wherever that stands: a field may give the root. graphql-js answers from
 * the schema itself, once a run.
 */
export function compileIntrospection(
  introspected: Introspected,
  key: string,
  nodes: readonly FieldNode[],
): WriteIntrospection {
  const { schema } = introspected;
  const document = toDocument(introspected, nodes);
  const answers = new WeakMap<Run, Answer>();
  const answerOf = (run: Run): Answer => {
    const known = answers.get(run);
    if (known) return known;
    const { data, errors = [] } = executeSync({ schema, document, variableValues: run.variables });
    const answer = { text: JSON.stringify(data?.[key] ?? null), errors };
    answers.set(run, answer);
    return answer;
  };
  return ({ run, out, path, problems }) => {
    const { text, errors } = answerOf(run);
    out.write(text);
    for (const error of errors) problems.push(toProblem(error, path, nodes));
  };
}

type Answer = { readonly text: string; readonly errors: readonly GraphQLError[] };

/** The fields alone; below a mutation, too, they are those of a query. */
function toDocument({ document, definition }: Introspected, nodes: readonly FieldNode[]): DocumentNode {
  const selectionSet = { kind: Kind.SELECTION_SET, selections: nodes } as const;
  const operation = OperationTypeNode.QUERY;
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  return { kind: Kind.DOCUMENT, definitions: [{ ...definition, operation, selectionSet }, ...fragments] };
}

function toProblem(
  { message, path = [] }: GraphQLError,
  around: WriteRun['path'],
  nodes: readonly FieldNode[],
): FieldProblem {
  return { message, path: [...around, ...path], nodes, code: 'BAD_USER_INPUT', isConsequence: false };
}

import { ExactNumber } from '@playgraph/kernel/exact-json';
import {
  type ArgumentNode,
  type ConstValueNode,
  type DocumentNode,
  type FieldNode,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  print,
  visit,
} from 'graphql';
import { exactVariablesOf } from './exact-variables.ts';
import { createTransportRequest, type TransportRequest, type TransportResponse } from './transport.ts';

/**
 * How the stream of one subscription field goes on after the connection was lost: the value at `from` in the last
 * event is what `argument` says when the subgraph is asked again, and the subgraph starts right after it.
 */
export type ResumeRule = {
  /** The field of `Subscription`. */
  readonly field: string;
  /** The argument that takes the cursor; a string, an ID, an Int or a scalar of these. */
  readonly argument: string;
  /** Where an event has its cursor: field names below the subscription field, joined by dots. None may be a union. */
  readonly from: string;
};

/** A stream's requests. Immutable but for the cursor that it has seen last. */
export type ResumableRequest = {
  /** What to send now: at first the client's request (with the cursor selected), later one that starts after `seen`. */
  next(): TransportRequest;
  /** Notes the event's cursor; the event without it, as the client asked. */
  see(response: TransportResponse): TransportResponse;
  /** Whether a server that is asked again sends every event that comes after the last one seen. */
  canResume(): boolean;
};

/** The alias under which the cursor is asked for; a client's own selection keeps its own. */
const CURSOR_ALIAS = '_playgraphCursor';
const INTEGER_PATTERN = /^-?\d+$/;

type Cursor = string | number | ExactNumber;

/** `request` with a way to go on, when one of `rules` is about its field; null when there is none. */
export function createResumableRequest(
  request: TransportRequest,
  rules: readonly ResumeRule[],
): ResumableRequest | null {
  if (rules.length === 0) return null;
  const { document, operationName } = request;
  const operation = getOperationAST(document, operationName);
  const field = operation && rootFieldOf(operation);
  const rule = rules.find((candidate) => candidate.field === field?.name.value);
  if (!operation || !field || !rule) return null;
  const selecting = replaceField(request, operation, { ...field, selectionSet: withCursor(field, rule) });
  let cursor: Cursor | null = null;
  return {
    next: () => (cursor === null ? selecting : startAfter(selecting, { rule, cursor })),
    see(response) {
      const found = takeCursor(response, { field, rule });
      cursor = found.cursor ?? cursor;
      return found.response;
    },
    canResume: () => cursor !== null || hasArgument(field, rule, request.variables),
  };
}

function rootFieldOf({ selectionSet }: OperationDefinitionNode): FieldNode | null {
  const [only, ...others] = selectionSet.selections;
  // The planner writes a subscription's root field as a plain one; anything else is left alone.
  return only?.kind === Kind.FIELD && others.length === 0 ? only : null;
}

function withCursor(field: FieldNode, rule: ResumeRule) {
  const [first = '', ...inner] = rule.from.split('.').toReversed();
  const named = (name: string): FieldNode => ({ kind: Kind.FIELD, name: { kind: Kind.NAME, value: name } });
  const path = inner.reduce<FieldNode>(
    (selected, name) => ({ ...named(name), selectionSet: { kind: Kind.SELECTION_SET, selections: [selected] } }),
    named(first),
  );
  const aliased: FieldNode = { ...path, alias: { kind: Kind.NAME, value: CURSOR_ALIAS } };
  return { kind: Kind.SELECTION_SET as const, selections: [...(field.selectionSet?.selections ?? []), aliased] };
}

function startAfter(request: TransportRequest, at: { rule: ResumeRule; cursor: Cursor }): TransportRequest {
  const operation = getOperationAST(request.document, request.operationName);
  const field = operation && rootFieldOf(operation);
  if (!field) return request;
  const { rule, cursor } = at;
  // Written out, not a variable: its type is the subgraph's own matter.
  const value: ConstValueNode =
    typeof cursor === 'string'
      ? { kind: Kind.STRING, value: cursor }
      : { kind: INTEGER_PATTERN.test(String(cursor)) ? Kind.INT : Kind.FLOAT, value: String(cursor) };
  const given: ArgumentNode = { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: rule.argument }, value };
  const others = (field.arguments ?? []).filter(({ name }) => name.value !== rule.argument);
  return replaceField(request, operation, { ...field, arguments: [...others, given] });
}

function replaceField(request: TransportRequest, operation: OperationDefinitionNode, field: FieldNode) {
  const changed: OperationDefinitionNode = {
    ...operation,
    selectionSet: { ...operation.selectionSet, selections: [field] },
  };
  const definitions = request.document.definitions.map((node) => (node === operation ? changed : node));
  const document = withoutUnusedVariables({ kind: Kind.DOCUMENT, definitions });
  const declared = new Set(
    (getOperationAST(document, request.operationName)?.variableDefinitions ?? []).map(
      ({ variable }) => variable.name.value,
    ),
  );
  const variables = Object.fromEntries(
    Object.entries(exactVariablesOf(request)).filter(([name]) => declared.has(name)),
  );
  const { operationName, operationType } = request;
  return createTransportRequest({ query: print(document), operationName, operationType, variables });
}

/** A variable that only the replaced argument used would make the document invalid. */
function withoutUnusedVariables(document: DocumentNode): DocumentNode {
  const used = new Set<string>();
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void used.add(name.value),
  });
  return visit(document, {
    VariableDefinition: ({ variable }) => (used.has(variable.name.value) ? false : null),
  });
}

function takeCursor(
  response: TransportResponse,
  { field, rule }: { field: FieldNode; rule: ResumeRule },
): { response: TransportResponse; cursor: Cursor | null } {
  const key = field.alias?.value ?? field.name.value;
  const event = response.data?.[key];
  if (typeof event !== 'object' || event === null) return { response, cursor: null };
  const { [CURSOR_ALIAS]: start, ...rest } = event as Record<string, unknown>;
  const [, ...inner] = rule.from.split('.');
  const value = inner.reduce<unknown>((object, name) => (object as Record<string, unknown> | null)?.[name], start);
  const cursor = isCursor(value) ? value : null;
  return { response: { ...response, data: { ...response.data, [key]: rest } }, cursor };
}

function isCursor(value: unknown): value is Cursor {
  return typeof value === 'string' || typeof value === 'number' || value instanceof ExactNumber;
}

function hasArgument(field: FieldNode, rule: ResumeRule, variables: TransportRequest['variables']): boolean {
  const value = field.arguments?.find(({ name }) => name.value === rule.argument)?.value;
  if (!value || value.kind === Kind.NULL) return false;
  return value.kind !== Kind.VARIABLE || (variables[value.name.value] ?? null) !== null;
}

import type { FetchNode } from '@apollo/query-planner';
import type { TransportRequest } from '@playgraph/server/transport';
import {
  type DefinitionNode,
  type DocumentNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
  stripIgnoredCharacters,
  visit,
} from 'graphql';
import { printDeep } from './print-deep.ts';

/** The variable that carries the representations of an entity fetch. */
export const REPRESENTATIONS = 'representations';
const ENTITIES_FIELD = '_entities';

/** The operation of a fetch, taken apart once. */
export type FetchOperation = {
  readonly subgraph: string;
  readonly query: string;
  readonly operationName: string | undefined;
  readonly operationType: OperationTypeNode;
  readonly definition: OperationDefinitionNode;
  /** The client's variables that it uses, beside the representations. */
  readonly variableNames: readonly string[];
  /** As in `TransportRequest`. */
  readonly readsExactly: boolean;
  /** `{"query":...,"variables":{` and what follows the variables: the body is these around them. */
  readonly bodyHead: string;
  readonly bodyTail: string;
  /** Parsed at the first call, then the same object: a subgraph in this process validates each object once. */
  document(): DocumentNode;
};

/** What an entity fetch asks of each entity. */
export type EntitySelection = {
  readonly selectionSet: SelectionSetNode;
  /** The `_entities` field's selection as text, for joining several fetches into one operation. */
  readonly selectionText: string;
  /** Declarations of the client's variables: name -> `$name: Type`. */
  readonly declarations: ReadonlyMap<string, string>;
};

/** The operation of a fetch node as the planner has it, for whoever reads its selection and nothing else. */
export function definitionOf(node: FetchNode): OperationDefinitionNode {
  return definitionIn(node.operationDocumentNode ?? parse(node.operation));
}

function definitionIn({ definitions }: DocumentNode): OperationDefinitionNode {
  const definition = definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
  if (!definition) throw new TypeError('a fetch without an operation');
  return definition;
}

/** The operation of a fetch node of a plan; `exactFields` are the names of fields that give custom scalars. */
export function createFetchOperation(node: FetchNode, exactFields: ReadonlySet<string> = NO_FIELDS): FetchOperation {
  const planned = node.operationDocumentNode ?? parse(node.operation);
  const document = node.requires ? planned : withoutRootConditions(planned);
  return describeOperation(document, {
    subgraph: node.serviceName,
    query: document === planned ? node.operation : stripIgnoredCharacters(print(document)),
    operationName: node.operationName,
    operationType: node.operationKind,
    variableNames: (node.variableUsages ?? []).filter((name) => name !== REPRESENTATIONS),
    readsExactly: selectsAny(document, exactFields),
  });
}

const NO_FIELDS: ReadonlySet<string> = new Set();

function selectsAny(document: DocumentNode, names: ReadonlySet<string>): boolean {
  let isFound = false;
  visit(document, {
    Field({ name }) {
      isFound ||= names.has(name.value);
    },
  });
  return isFound;
}

/** The planner names the root type in fragments at the root; a subgraph's own may have another name. */
function withoutRootConditions(document: DocumentNode): DocumentNode {
  const isOfRoot = (selection: SelectionNode) => selection.kind === Kind.INLINE_FRAGMENT;
  const hasFragments = (node: DefinitionNode) =>
    node.kind === Kind.OPERATION_DEFINITION && node.selectionSet.selections.some(isOfRoot);
  if (!document.definitions.some(hasFragments)) return document;
  const definitions = document.definitions.map((node) =>
    node.kind === Kind.OPERATION_DEFINITION ? { ...node, selectionSet: withoutConditions(node.selectionSet) } : node,
  );
  return { ...document, definitions };
}

function withoutConditions(selectionSet: SelectionSetNode): SelectionSetNode {
  const selections = selectionSet.selections.map((selection): SelectionNode => {
    if (selection.kind !== Kind.INLINE_FRAGMENT) return selection;
    const { typeCondition: _always, ...fragment } = selection;
    return { ...fragment, selectionSet: withoutConditions(selection.selectionSet) };
  });
  return { ...selectionSet, selections };
}

/** What the `_entities` field of `operation` selects. */
export function entitySelectionOf({ definition }: FetchOperation): EntitySelection {
  const [field] = definition.selectionSet.selections;
  if (field?.kind !== Kind.FIELD || field.name.value !== ENTITIES_FIELD || !field.selectionSet) {
    throw new TypeError('an entity fetch selects `_entities` and nothing else');
  }
  const own = (definition.variableDefinitions ?? []).filter(({ variable }) => variable.name.value !== REPRESENTATIONS);
  return {
    selectionSet: field.selectionSet,
    selectionText: print(field.selectionSet),
    declarations: new Map(own.map((declaration) => [declaration.variable.name.value, print(declaration)])),
  };
}

/** Several entity fetches to one subgraph as one operation; the n-th answers under the alias `_n`, for `$representations_n`. */
export function joinEntityOperations(
  parts: readonly {
    readonly operation: FetchOperation;
    readonly selection: EntitySelection;
  }[],
): FetchOperation {
  const declarations = new Map(parts.flatMap(({ selection }) => [...selection.declarations]));
  const variables = [...parts.map((_, i) => `$${REPRESENTATIONS}_${i}: [_Any!]!`), ...declarations.values()].join(', ');
  const fields = parts.map(
    ({ selection }, i) =>
      `_${i}: ${ENTITIES_FIELD}(representations: $${REPRESENTATIONS}_${i}) ${selection.selectionText}`,
  );
  const [first] = parts;
  const operationName = first?.operation.operationName;
  const query = stripIgnoredCharacters(
    `query${operationName === undefined ? '' : ` ${operationName}`}(${variables}) { ${fields.join(' ')} }`,
  );
  return describeOperation(parse(query), {
    subgraph: first?.operation.subgraph ?? '',
    query,
    operationName,
    operationType: OperationTypeNode.QUERY,
    variableNames: [...new Set(parts.flatMap(({ operation }) => operation.variableNames))],
    readsExactly: parts.some(({ operation }) => operation.readsExactly),
  });
}

/**
 * The request for `operation`: `entities` are members of the variables object, printed (`"representations":[...]`),
 * `values` are the client's variables. Its `variables` and `document` are read by transports in this process only.
 */
export function createFetchRequest(
  operation: FetchOperation,
  values: Readonly<Record<string, unknown>>,
  entities: string,
): TransportRequest {
  const own = printVariables(operation, values);
  const variables = entities && own ? `${entities},${own}` : entities || own;
  return new FetchRequest(operation, variables);
}

/** A class and no literal with getters, since one is made for each request: ADR 11. */
class FetchRequest implements TransportRequest {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly operationType: OperationTypeNode;
  readonly body: string;
  readonly #operation: FetchOperation;
  readonly #variables: string;

  constructor(operation: FetchOperation, variables: string) {
    this.query = operation.query;
    this.operationName = operation.operationName;
    this.operationType = operation.operationType;
    this.body = `${operation.bodyHead}${variables}${operation.bodyTail}`;
    this.#operation = operation;
    this.#variables = variables;
  }

  get readsExactly(): boolean {
    return this.#operation.readsExactly;
  }

  get document(): DocumentNode {
    return this.#operation.document();
  }

  get variables(): Readonly<Record<string, unknown>> {
    return JSON.parse(`{${this.#variables}}`);
  }
}

/** The response keys of the root fields: where the failure of a whole root fetch is shown. */
export function rootKeysOf({ selections }: SelectionSetNode): string[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [(selection.alias ?? selection.name).value];
    return selection.kind === Kind.INLINE_FRAGMENT ? rootKeysOf(selection.selectionSet) : [];
  });
}

/** The values that the operation uses of the client's variables, as members of a JSON object. */
export function printVariables({ variableNames }: FetchOperation, values: Readonly<Record<string, unknown>>): string {
  let text = '';
  for (const name of variableNames) {
    // A variable may have the name of what every object inherits, such as `constructor`.
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value !== undefined) text += `${text && ','}${JSON.stringify(name)}:${printDeep(value)}`;
  }
  return text;
}

function describeOperation(
  document: DocumentNode,
  known: Omit<FetchOperation, 'definition' | 'bodyHead' | 'bodyTail' | 'document'>,
): FetchOperation {
  const { query, operationName } = known;
  return {
    ...known,
    definition: definitionIn(document),
    bodyHead: `{"query":${JSON.stringify(query)},"variables":{`,
    bodyTail: operationName === undefined ? '}}' : `},"operationName":${JSON.stringify(operationName)}}`,
    document: () => document,
  };
}

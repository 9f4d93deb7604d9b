import {
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { CompiledOperation } from '../execution/compiled-operation.ts';
import type { ExecutableGraph } from '../graph.ts';
import type { PreparedOperation } from '../operations/prepare-operation.ts';

/**
 * Who gets the same of a subscription:
 * - CALLER: those whom no subgraph can tell apart;
 * - EVENTS: everybody the same events, but what other subgraphs add to them is the caller's own;
 * - EVERYBODY: everybody the same answers.
 */
export type Audience = 'CALLER' | 'EVENTS' | 'EVERYBODY';

type Graph = Pick<ExecutableGraph, 'apiSchema' | 'supergraphSchema' | 'protect'>;

/** The audience of an operation and its plan on one version of the graph. */
export type AudienceRule = (graph: Graph, operation: PreparedOperation, compiled: CompiledOperation) => Audience;

/** Nothing is public. */
export const callersOnly: AudienceRule = () => 'CALLER';

/**
 * `publicFields` are those that have one value for everybody: `Type.field`, or `Type` for all of its fields but those
 * behind a rule of access. A field that is not named belongs to the caller, and so does every operation that selects it
 * in what it would share.
 */
export function createAudienceRule(publicFields: readonly string[]): AudienceRule {
  if (publicFields.length === 0) return callersOnly;
  const names = new Set(publicFields);
  // By the graph too: one compiled form may serve several versions, whose rules of access differ.
  const known = new WeakMap<Graph, WeakMap<CompiledOperation, Audience>>();
  return (graph, operation, compiled) => {
    const ofGraph = known.get(graph) ?? new WeakMap<CompiledOperation, Audience>();
    known.set(graph, ofGraph);
    const audience = ofGraph.get(compiled) ?? findAudience(names, graph, { operation, compiled });
    ofGraph.set(compiled, audience);
    return audience;
  };
}

/** The entries of `publicFields` that name nothing of the schema: most likely mistakes. */
export function findUnknownFields(schema: GraphQLSchema, publicFields: readonly string[]): readonly string[] {
  return publicFields.filter((entry) => {
    const [typeName = '', field] = entry.split('.');
    const type = schema.getType(typeName);
    if (!type || !('getFields' in type)) return true;
    return field !== undefined && !(field in type.getFields());
  });
}

/** What is asked, with the fields of it (`Type.field`) that are behind a rule of access. */
type Selection = { readonly schema: GraphQLSchema; readonly document: DocumentNode; readonly guarded: Names };
type Names = ReadonlySet<string>;
type Asked = { readonly operation: PreparedOperation; readonly compiled: CompiledOperation };

function findAudience(publicFields: Names, graph: Graph, { operation, compiled }: Asked): Audience {
  const { document, definition } = operation;
  const definitions = document.definitions.filter(
    (node) => node === definition || node.kind === Kind.FRAGMENT_DEFINITION,
  );
  const guarded = new Set(graph.protect(operation).access.guards.flatMap(({ coordinates }) => coordinates));
  // What the client selects, and not what the plan adds: keys and requirements serve the fields that are named.
  const selected = { schema: graph.apiSchema, document: { kind: Kind.DOCUMENT, definitions } as const, guarded };
  if (isWhollyPublic(publicFields, selected)) return 'EVERYBODY';
  const { node } = compiled.plan;
  const events = node?.kind === 'Subscription' ? node.primary.operationDocumentNode : undefined;
  // Here all that is asked counts: the rest of the plan, run for each caller, reads from it.
  const isPublic =
    events && isWhollyPublic(publicFields, { schema: graph.supergraphSchema, document: events, guarded });
  return isPublic ? 'EVENTS' : 'CALLER';
}

function isWhollyPublic(publicFields: Names, { schema, document, guarded }: Selection): boolean {
  const types = new TypeInfo(schema);
  const isNamed = ({ name }: GraphQLCompositeType, field: string) => {
    const coordinate = `${name}.${field}`;
    return publicFields.has(coordinate) || (publicFields.has(name) && !guarded.has(coordinate));
  };
  const isPublic = (parent: GraphQLCompositeType, field: string) =>
    isNamed(parent, field) ||
    (isAbstractType(parent) && schema.getPossibleTypes(parent).every((type) => isNamed(type, field)));
  let isWhole = true;
  const check = {
    Field({ name: { value: field } }: FieldNode) {
      const parent = types.getParentType();
      if (!field.startsWith('__') && !(parent && isPublic(parent, field))) isWhole = false;
    },
  };
  visit(document, visitWithTypeInfo(types, check));
  return isWhole;
}

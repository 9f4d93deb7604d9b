import { type DocumentNode, GraphQLError, isExecutableDefinitionNode, Kind, parse, visit } from 'graphql';

/** The longest explanation that is told. */
const SENTENCE_CHARS_MAX = 400;
const COMPOSE = 'compose the subgraphs first, such as by `rover supergraph compose`, and serve what that gives';
const JOIN_LINK = 'specs.apollo.dev/join/';
const FEDERATION_LINK = 'specs.apollo.dev/federation/';
/** Directives of subgraphs that a supergraph states in another way. */
const SUBGRAPH_DIRECTIVES = ['key', 'extends', 'external', 'requires', 'provides'];

/**
 * Why a text is no supergraph, in a sentence for people: what it seems to be instead, else what `error` says, on one
 * line. Called when loading it has failed.
 */
export function explainSupergraph(text: string, error: unknown): string {
  return lookOf(text) ?? syntaxOf(text) ?? oneLine((error as Error).message);
}

/** What a text that is not GraphQL is, by its beginning. */
function lookOf(text: string): string | null {
  const start = text.trimStart();
  if (start === '') return 'it is empty';
  if (start.startsWith('<')) return 'it is a page (HTML or XML), not a supergraph; perhaps one to sign in';
  if (/^(?:federation_version|subgraphs)\s*:/m.test(text)) return `it is a configuration for composing; ${COMPOSE}`;
  if (!/^[[{]/.test(start)) return null;
  const json = readJson(start);
  if (json === undefined) return null;
  return JSON.stringify(json).includes('"__schema"')
    ? 'it is the result of an introspection query, which says nothing of subgraphs'
    : 'it is JSON, not a supergraph in GraphQL';
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function syntaxOf(text: string): string | null {
  try {
    return kindOf(parse(text, { noLocation: true }));
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const [place] = error.locations ?? [];
    return `it is not GraphQL: ${error.message}${place ? ` Line ${place.line}, column ${place.column}.` : ''}`;
  }
}

/** What a valid document is that is no supergraph; null for what looks like one. */
function kindOf(document: DocumentNode): string | null {
  if (document.definitions.some(isExecutableDefinitionNode)) return 'it holds operations, not a schema';
  const names = new Set<string>();
  const texts: string[] = [];
  visit(document, {
    Directive: ({ name, arguments: given = [] }) => {
      names.add(name.value);
      for (const { value } of given) if (value.kind === Kind.STRING) texts.push(value.value);
    },
  });
  const isComposed = names.has('core') || [...names].some((name) => name.startsWith('join__'));
  if (isComposed || texts.some((text) => text.includes(JOIN_LINK))) return null;
  const isSubgraph =
    texts.some((text) => text.includes(FEDERATION_LINK)) || SUBGRAPH_DIRECTIVES.some((name) => names.has(name));
  return isSubgraph
    ? `it is the schema of one subgraph, not a supergraph; ${COMPOSE}`
    : `it is a schema that says nothing of subgraphs, such as the one that clients see, not a supergraph; ${COMPOSE}`;
}

/** Without the excerpts of the text that errors of GraphQL carry. */
function oneLine(message: string): string {
  const lines = message.split('\n').filter((line) => line.trim() !== '' && !/^\s*\d*\s*\|/.test(line));
  const sentence = lines.map((line) => line.trim()).join(' ');
  return sentence.length > SENTENCE_CHARS_MAX ? `${sentence.slice(0, SENTENCE_CHARS_MAX)}...` : sentence;
}

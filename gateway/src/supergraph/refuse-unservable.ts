import { type ConstDirectiveNode, type DirectiveNode, Kind, parse, visit } from 'graphql';

/** A cheap look before a careful one: most supergraphs have no such word. */
const CONNECTORS = /\bconnect\b/;
const CONNECT_SPEC = 'https://specs.apollo.dev/connect/';

/**
 * Says at once what would otherwise go wrong at the first request: a supergraph with connectors has fields that no
 * GraphQL subgraph answers. @throws Error in a sentence. What is no SDL is left to whoever reads it next.
 */
export function refuseUnservable(supergraphSdl: string): void {
  if (!CONNECTORS.test(supergraphSdl) || !usesConnectors(supergraphSdl)) return;
  throw new Error(
    `it has connectors (${CONNECT_SPEC}): fields that come from REST services without a GraphQL subgraph, which this gateway cannot serve`,
  );
}

/** As supergraphs print it; a description that says the same costs a line in the log. */
const OVERRIDE_LABEL = /\boverrideLabel:\s*"([^"\n]+)"/g;
const LABELS_TOLD_MAX = 10;

/**
 * The labels of progressive overrides (`@override(label:)`) that are no percentage, at most LABELS_TOLD_MAX: others
 * decide about them, whom nobody asks here, so that they never hold.
 */
export function findForeignLabels(supergraphSdl: string): readonly string[] {
  const labels = [...supergraphSdl.matchAll(OVERRIDE_LABEL)].flatMap(([, label = '']) =>
    label.startsWith('percent(') ? [] : label,
  );
  return [...new Set(labels)].slice(0, LABELS_TOLD_MAX);
}

function usesConnectors(sdl: string): boolean {
  let isFound = false;
  try {
    visit(parse(sdl, { noLocation: true }), {
      Directive: (directive) => {
        isFound ||= isConnector(directive);
      },
    });
  } catch {
    return false;
  }
  return isFound;
}

/** `@join__directive(name: "connect")` on a field or type, or the link to its specification. */
function isConnector({ name, arguments: given = [] }: DirectiveNode | ConstDirectiveNode): boolean {
  const text = (argument: string): string => {
    const value = given.find((one) => one.name.value === argument)?.value;
    return value?.kind === Kind.STRING ? value.value : '';
  };
  if (name.value === 'join__directive') return text('name') === 'connect';
  return text('url').startsWith(CONNECT_SPEC) || text('feature').startsWith(CONNECT_SPEC);
}

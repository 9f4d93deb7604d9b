import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { GraphQLError, Kind, type OperationDefinitionNode, parse } from 'graphql';

/** A ready-made operation as the explorer's page gets it. */
export type ReadyOperation = {
  /** The operation's own name, `PlaceOrder`. */
  readonly name: string;
  readonly kind: 'query' | 'mutation' | 'subscription';
  /** Where it stands in the list; empty when the file names none. */
  readonly group: string;
  /** What it shows, in a sentence. */
  readonly description: string;
  readonly query: string;
  /** Default variables as JSON text, with places such as `{{order}}` that the page fills from earlier answers. */
  readonly variables: string;
};

/** How many files one folder can offer. */
const OPERATIONS_MAX = 200;
const EXTENSION = '.graphql';
/** The first line: `# Group · What it shows.` */
const TITLE_PATTERN = /^#\s*(?:([^·\n]*?)\s*·\s*)?(.*)$/m;

/**
 * Reads a folder of `.graphql` files, one named operation each, in the order of their names. The first line is a
 * comment: `# Group · What it shows.` `name.json` beside `name.graphql` holds default variables.
 * @throws Error naming the file that is not such a file.
 */
export async function readOperations(folder: string): Promise<ReadyOperation[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(EXTENSION)).sort();
  if (names.length > OPERATIONS_MAX) throw new Error(`${folder} has more than ${OPERATIONS_MAX} operations`);
  return Promise.all(names.map((name) => readOperation(path.join(folder, name))));
}

async function readOperation(file: string): Promise<ReadyOperation> {
  const [text, variables] = await Promise.all([readFile(file, 'utf8'), readVariables(file)]);
  const operation = parseOperation(file, text);
  const [, group = '', description = ''] = TITLE_PATTERN.exec(text.startsWith('#') ? text : '') ?? [];
  const query = text.slice(operation.loc?.start ?? 0).trimEnd();
  return { name: operation.name?.value ?? '', kind: operation.operation, group, description, query, variables };
}

async function readVariables(file: string): Promise<string> {
  const text = await readFile(`${file.slice(0, -EXTENSION.length)}.json`, 'utf8').catch(ignoreAbsent);
  if (text === null) return '';
  JSON.parse(text);
  return text.trim();
}

function parseOperation(file: string, text: string): OperationDefinitionNode {
  try {
    const [definition, ...others] = parse(text).definitions;
    if (definition?.kind === Kind.OPERATION_DEFINITION && definition.name && others.length === 0) return definition;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    throw new Error(`${file}: ${error.message}`);
  }
  throw new Error(`${file} must hold one named operation and nothing else`);
}

function ignoreAbsent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Document, parseAllDocuments } from 'yaml';
import { unreadable } from '../supergraph/file-source.ts';
import { findNearMiss } from './near-miss.ts';
import { listSettings, type Setting, SUBGRAPH_NAME } from './settings-table.ts';
import { isTree, leavesOf, type SettingsTree, setAt } from './settings-tree.ts';
import { isAddress } from './supergraph-source.ts';
import { SUBGRAPH_URL_PREFIX, shortNameFor, subgraphInVariable, VARIABLE_PREFIX } from './variable-names.ts';

/** The environment: variable name to value. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Settings of one source, and where each was written: path to the name that a person knows. */
export type Source = { readonly tree: SettingsTree; readonly writtenAs: ReadonlyMap<string, string> };

/** A setting given by name and text: a variable or a flag. */
export type TextSetting = { readonly writtenAs: string; readonly path: readonly string[]; readonly text: string };

const CONFIG_FILE_BYTES_MAX = 4 * 1024 * 1024;
/** How often a file may repeat a part of itself. */
const ALIASES_MAX = 100;
/** Settings that are paths: in a file they start from the file's folder. */
const FILE_PATHS: readonly (readonly string[])[] = [
  ['supergraph', 'source'],
  ['persistedOperations', 'manifest'],
  ['operationsDir'],
];
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['on', true],
  ['true', true],
  ['1', true],
  ['off', false],
  ['false', false],
  ['0', false],
]);
/** What a text says for null. */
const NOTHING = 'none';
/** Kubernetes describes a service called `gateway` to its neighbours by variables of this shape. */
const SERVICE_VARIABLE = /^GATEWAY_(SERVICE_|PORT)/;

/** Texts as the settings that they are for. */
export function readTexts(texts: readonly TextSetting[]): Source {
  const settings = new Map(listSettings().map((setting) => [setting.path, setting]));
  const tree: SettingsTree = {};
  for (const { path: at, text } of texts) setAt(tree, at, readText(settings.get(settingPath(at)), text));
  return { tree, writtenAs: new Map(texts.map(({ path: at, writtenAs }) => [at.join('.'), writtenAs])) };
}

/** The path as the list of settings has it: whatever the subgraph is called. */
export function settingPath([first, second, ...rest]: readonly string[]): string {
  const isNamed = first === 'subgraphs' && second !== undefined && second !== 'all';
  return [first, ...(second === undefined ? [] : [isNamed ? SUBGRAPH_NAME : second]), ...rest].join('.');
}

/** A variable that looks like a setting and is none. */
export type UnknownVariable = {
  readonly name: string;
  /** The variable that was most likely meant; null when none is near. */
  readonly near: string | null;
};

/** What the environment sets; an empty variable counts as absent. `unknown` names those that look like ours and are not. */
export function readVariables(env: Env): {
  readonly texts: readonly TextSetting[];
  readonly unknown: readonly UnknownVariable[];
} {
  const present = Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const byVariable = new Map(listSettings().map(({ variable, path: at }) => [variable, at.split('.')]));
  const variables = [...byVariable.keys()].filter((name) => name !== null);
  const texts = present.flatMap(([name, text]) => {
    const at = byVariable.get(name);
    return at ? [{ writtenAs: name, path: at, text }] : [];
  });
  const unknown = present
    .map(([name]) => name)
    .filter((name) => name.startsWith(VARIABLE_PREFIX) && !byVariable.has(name) && !SERVICE_VARIABLE.test(name))
    .map((name) => ({ name, near: shortNameFor(name) ?? findNearMiss(name, variables) }));
  // Frameworks know more environments than these two: whatever is not development is run as production.
  const isDevelopment = env.NODE_ENV === 'development' || env.NODE_ENV === 'test';
  const mode = { writtenAs: 'NODE_ENV', path: ['mode'], text: isDevelopment ? 'development' : 'production' };
  return { texts: env.NODE_ENV ? [mode, ...texts] : texts, unknown };
}

/** `SUBGRAPH_URL_<NAME>` by the name as it stands there. */
export function readSubgraphUrls(env: Env): ReadonlyMap<string, string> {
  const given = Object.entries(env).filter(([name, url]) => name.startsWith(SUBGRAPH_URL_PREFIX) && url);
  return new Map(given.map(([name, url = '']) => [subgraphInVariable(name.slice(SUBGRAPH_URL_PREFIX.length)), url]));
}

/** A YAML or JSON file (JSON is YAML). @throws Error saying in a sentence why it cannot be used. */
export function readConfigFile(file: string): SettingsTree {
  const tree = expandShorthand(parseFile(file));
  for (const at of FILE_PATHS) resolvePath(tree, at, path.dirname(path.resolve(file)));
  readSwitches(tree);
  return tree;
}

/** `on` and `off`, which are texts to YAML. */
function readSwitches(tree: SettingsTree): void {
  const switches = new Set(listSettings().flatMap((setting) => (setting.kind === 'boolean' ? setting.path : [])));
  for (const [at, value] of leavesOf(tree)) {
    if (typeof value === 'string' && switches.has(settingPath(at))) setAt(tree, at, readSwitch(value));
  }
}

function readSwitch(text: string): boolean | string {
  return BOOLEANS.get(text.toLowerCase()) ?? text;
}

/** `supergraph: FILE` for `supergraph: { source: FILE }`. */
function expandShorthand(tree: SettingsTree): SettingsTree {
  return typeof tree.supergraph === 'string' ? { ...tree, supergraph: { source: tree.supergraph } } : { ...tree };
}

function parseFile(file: string): SettingsTree {
  const text = readWhole(file);
  const documents = parseAllDocuments(text);
  // An empty file is an empty list of documents, which has no other members.
  if ('empty' in documents) return {};
  const [document, second] = documents;
  const [error] = document?.errors ?? [];
  if (error) throw new Error(`${file} is neither YAML nor JSON: ${firstLine(error)}`);
  if (second) throw new Error(`${file} holds more than one document: a line of it is ---`);
  const parsed = document ? toPlain(file, document) : null;
  if (isTree(parsed)) return parsed;
  if (parsed === null) return {};
  throw new Error(`${file} does not hold settings by name`);
}

function toPlain(file: string, document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (error) {
    throw new Error(`${file} cannot be used: ${firstLine(error)}`);
  }
}

function readWhole(file: string): string {
  try {
    if (statSync(file).size <= CONFIG_FILE_BYTES_MAX) return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`the configuration file ${unreadable(file, error)}`);
  }
  throw new Error(`the configuration file ${file} is larger than ${CONFIG_FILE_BYTES_MAX} bytes`);
}

function resolvePath(tree: SettingsTree, at: readonly string[], folder: string): void {
  const parents = at.slice(0, -1).reduce<unknown>((inner, key) => (isTree(inner) ? inner[key] : null), tree);
  const key = at.at(-1) ?? '';
  if (!isTree(parents)) return;
  const value = parents[key];
  if (typeof value === 'string' && !isAddress(value)) parents[key] = path.resolve(folder, value);
}

/** A text in the type of its setting; as it is where it does not fit: the schema says what is wrong. */
function readText(setting: Setting | undefined, text: string): unknown {
  if (setting?.isNullable && text === NOTHING) return null;
  if (setting?.kind === 'number') return text.trim() === '' ? text : Number(text);
  if (setting?.kind === 'boolean') return readSwitch(text);
  if (setting?.kind === 'list')
    return text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean);
  return text;
}

function firstLine(error: unknown): string {
  return (
    String((error as Error).message)
      .split('\n')[0]
      ?.replace(/:$/, '') ?? ''
  );
}

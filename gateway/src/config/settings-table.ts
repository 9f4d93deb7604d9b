import { z } from 'zod';
import { settingsSchema } from './schema.ts';
import { variableOf } from './variable-names.ts';

/** One setting as the manual and the environment know it. */
export type Setting = {
  /** `limits.depth`; `<name>` stands for a subgraph's name. */
  readonly path: string;
  readonly kind: 'text' | 'number' | 'boolean' | 'list' | 'map' | 'rules';
  /** The values of a closed set. */
  readonly options: readonly string[];
  readonly isNullable: boolean;
  /** Undefined when it has none of its own. */
  readonly byDefault: unknown;
  readonly description: string;
  /** The environment variable that sets it; null when it is for files only. */
  readonly variable: string | null;
};

type JsonSchema = {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
};

/** Stands for a subgraph's name in the path of a setting. */
export const SUBGRAPH_NAME = '<name>';
const FILE_ONLY: ReadonlySet<Setting['kind']> = new Set(['map', 'rules']);

/** Every setting, in the order of the schema. */
export function listSettings(): readonly Setting[] {
  return settingsBelow(z.toJSONSchema(settingsSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema, []);
}

/** The manual's table, in Markdown. */
export function renderSettings(settings: readonly Setting[] = listSettings()): string {
  const rows = settings.map(({ path, kind, byDefault, variable, options, description }) => {
    const choices =
      options.length > 0
        ? ` ${kind === 'list' ? 'Any' : 'One'} of ${options.map((option) => `\`${option}\``).join(', ')}.`
        : '';
    const shown = byDefault === undefined ? '' : `\`${JSON.stringify(byDefault)}\``;
    return `| \`${path}\` | ${shown} | ${variable ? `\`${variable}\`` : ''} | ${description}${choices} |`;
  });
  return ['| setting | default | variable | what it does |', '|---|---|---|---|', ...rows].join('\n');
}

function settingsBelow(schema: JsonSchema, path: readonly string[]): Setting[] {
  const named =
    typeof schema.additionalProperties === 'object' && schema.properties ? schema.additionalProperties : null;
  const entries = Object.entries(schema.properties ?? {});
  return [...entries, ...(named ? [[SUBGRAPH_NAME, named] as const] : [])].flatMap(([key, inner]) => {
    const at = [...path, key];
    return inner.properties ? settingsBelow(inner, at) : [toSetting(inner, at)];
  });
}

function toSetting(schema: JsonSchema, path: readonly string[]): Setting {
  const choices = choicesOf(schema);
  const [main = schema] = choices;
  const kind = kindOf(main);
  const isForFiles = FILE_ONLY.has(kind) || path.includes(SUBGRAPH_NAME);
  return {
    path: path.join('.'),
    kind,
    options: main.enum ?? main.items?.enum ?? [],
    isNullable: choices.some(({ type }) => type === 'null'),
    byDefault: schema.default,
    description: schema.description ?? '',
    variable: isForFiles ? urlVariable(path) : variableOf(path),
  };
}

function choicesOf(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf?.flatMap(choicesOf) ?? [schema];
}

function kindOf({ type, items }: JsonSchema): Setting['kind'] {
  if (type === 'integer' || type === 'number') return 'number';
  if (type === 'boolean') return 'boolean';
  if (type === 'array') return items?.type === 'object' ? 'rules' : 'list';
  return type === 'object' ? 'map' : 'text';
}

function urlVariable(path: readonly string[]): string | null {
  return path.join('.') === `subgraphs.${SUBGRAPH_NAME}.url` ? 'SUBGRAPH_URL_<NAME>' : null;
}

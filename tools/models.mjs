// Where each subgraph's models, migrations and generated code lie, and how its models become a Prisma schema.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../', import.meta.url));

export const SUBGRAPHS = ['user', 'game', 'order', 'payment', 'social', 'leaderboard'];

/** The world of packages/sharding's own tests: generated and migrated like a subgraph, but without a GraphQL schema. */
export const SAMPLE = 'sample';

const SHARED_MODELS = path.join(root, 'prisma/shared.prisma');

/** @typedef {{ name: string, folder: string, models: string, migrations: string, snapshot: string, generated: string }} Target */

/** @returns {Target} */
export function targetOf(name) {
  if (name === SAMPLE) return target(name, 'packages/sharding/tests/sample', 'packages/sharding/tests/sample');
  if (!SUBGRAPHS.includes(name)) throw new Error(`No subgraph is called "${name}"; there are ${SUBGRAPHS.join(', ')}.`);
  return target(name, `subgraphs/${name}`, `prisma/${name}`);
}

function target(name, folder, models) {
  return {
    name,
    folder: path.join(root, folder),
    models: path.join(root, models, 'models.prisma'),
    snapshot: path.join(root, models, 'models.snapshot.prisma'),
    migrations: path.join(root, models, 'migrations'),
    generated: path.join(root, folder, name === SAMPLE ? 'generated' : 'src/generated'),
  };
}

/** All targets whose models exist. */
export function existingTargets() {
  return [...SUBGRAPHS, SAMPLE].map(targetOf).filter((it) => existsSync(it.models));
}

/** A subgraph's own models followed by those that every shard has. */
export function readModels(it) {
  return `${readFileSync(it.models, 'utf8').trimEnd()}\n\n${readFileSync(SHARED_MODELS, 'utf8')}`;
}

/** The models in one dialect: `/// @mysql(@db.VarChar(40))` at the end of a line is a native type for MySQL, and nothing for SQLite. */
export function forProvider(models, provider) {
  return models
    .split('\n')
    .map((line) => {
      const annotated = /^(.*?)\s*\/\/\/\s*@mysql\((.*)\)\s*$/.exec(line);
      if (!annotated) return line;
      return provider === 'mysql' ? `${annotated[1]} ${annotated[2]}` : annotated[1];
    })
    .join('\n');
}

export function datasource(provider) {
  return `datasource db {\n  provider = "${provider}"\n}\n\n`;
}

import { existsSync, readFileSync } from 'node:fs';
import type { CodegenConfig } from '@graphql-codegen/cli';

/**
 * Resolver types of the subgraph that `tools/generate.mjs` names in CODEGEN_SUBGRAPH, from its `schema.graphql`. What a
 * subgraph adds: `codegen.mappers.json` (GraphQL type -> the type that its resolvers get as parent) and
 * `src/context.ts` (exports `Context`).
 */
const folder = `subgraphs/${process.env.CODEGEN_SUBGRAPH}`;
const mappers = `${folder}/codegen.mappers.json`;

const config: CodegenConfig = {
  schema: `${folder}/schema.graphql`,
  generates: {
    [`${folder}/src/generated/resolvers.ts`]: {
      plugins: ['typescript', 'typescript-resolvers'],
      config: {
        federation: true,
        useTypeImports: true,
        enumsAsTypes: true,
        immutableTypes: true,
        strictScalars: true,
        scalars: {
          _FieldSet: 'string',
          ID: 'string',
          DateTime: { input: 'Date', output: 'Date' },
          MinorUnits: { input: 'bigint', output: 'bigint' },
        },
        emitLegacyCommonJSImports: false,
        contextType: existsSync(`${folder}/src/context.ts`) ? '../context.ts#Context' : 'object',
        mappers: existsSync(mappers) ? JSON.parse(readFileSync(mappers, 'utf8')) : {},
      },
    },
  },
};

export default config;

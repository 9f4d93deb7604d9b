import tseslint from 'typescript-eslint';

// Biome lints; ESLint is here for two rules that need types and that Biome's own version of them misses, and for one of
// the house's own.
export default tseslint.config(
  { ignores: ['**/dist/**', '**/generated/**', '**/*.mjs', '**/*.cjs', '**/*.js'] },
  {
    files: ['**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
    },
  },
  {
    files: ['gateway/src/**/*.ts', 'packages/server/src/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "ObjectExpression > Property[kind='get']",
          message: 'A literal with getters outlives its request: make it a class (docs/decisions/0011-short-lives.md).',
        },
      ],
    },
  },
);

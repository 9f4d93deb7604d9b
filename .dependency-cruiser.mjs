// The boundaries of the house (docs/ARCHITECTURE.md). A path reads: from may not reach to.
const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
const PACKAGE_LAYERS = ['kernel', '(auth|sharding|cache|events)', 'server', 'testkit'];

export default {
  forbidden: [
    forbid('no-cycles', 'files do not import in circles', {}, { circular: true }),
    forbid(
      'subgraphs-apart',
      'a subgraph never imports another one',
      { path: '^subgraphs/([^/]+)/' },
      { path: '^subgraphs/', pathNot: '^subgraphs/$1/' },
    ),
    forbid(
      'subgraphs-below',
      'subgraphs know neither gateway nor deploy',
      { path: '^subgraphs/' },
      { path: '^(gateway|deploy)/' },
    ),
    forbid('gateway-generic', 'the gateway knows no subgraph', { path: '^gateway/' }, { path: '^(subgraphs|deploy)/' }),
    forbid(
      'packages-below',
      'packages never look up',
      { path: '^packages/' },
      { path: '^(gateway|subgraphs|deploy)/' },
    ),
    ...PACKAGE_LAYERS.slice(0, -1).map((layer, i) =>
      forbid(
        `layer-${i}`,
        'kernel <- {auth, sharding, cache, events} <- server <- testkit',
        { path: `^packages/${layer}/src/` },
        { path: `^packages/(${PACKAGE_LAYERS.slice(i + 1).join('|')})/src/` },
      ),
    ),
    forbid(
      'domain-pure',
      'domain.ts imports types and the kernel only',
      { path: '^subgraphs/[^/]+/src/domain' },
      { pathNot: '^packages/kernel/|^subgraphs/[^/]+/src/domain' },
    ),
    forbid(
      'prisma-in-store',
      'only store files see Prisma',
      { path: '^subgraphs/[^/]+/src/', pathNot: '/src/(store|generated)' },
      { path: '/generated/sqlite/|@prisma/client' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules|/generated/' },
    exclude: { path: '/dist/|/generated/resolvers' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@playgraph/source', 'import', 'node', 'default'],
    },
  },
};

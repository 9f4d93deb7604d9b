import { expect, test } from 'vitest';
import { withoutSecurityPurpose } from '../src/supergraph.ts';

const LINK = '@link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)';

test('the security purpose is taken off and everything else stays', () => {
  const sdl = `schema @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION) ${LINK} { query: Query }\ntype Query { me: ID @authenticated }`;
  const stripped = withoutSecurityPurpose(sdl);
  expect(stripped).toContain('for: EXECUTION');
  expect(stripped).toContain('https://specs.apollo.dev/authenticated/v0.1');
  expect(stripped).toContain('@authenticated');
  expect(stripped).not.toContain('SECURITY');
});

test('a supergraph without access directives is left as it is', () => {
  expect(withoutSecurityPurpose('type Query { a: Int }')).toBe('type Query { a: Int }');
});

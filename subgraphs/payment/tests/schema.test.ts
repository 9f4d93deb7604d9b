import { readFileSync } from 'node:fs';
import { findUndescribed } from '@playgraph/testkit/schema-rules';
import { expect, test } from 'vitest';

test('every type, field, argument and value of the schema says what it is', () => {
  const sdl = readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8');
  expect(findUndescribed(sdl)).toEqual([]);
});

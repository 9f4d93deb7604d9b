import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readOperations } from '@playgraph/gateway/http/explorer/operations';
import { buildSchema, type OperationDefinitionNode, parse, validate } from 'graphql';
import { expect, test } from 'vitest';

const operations = await readOperations(fileURLToPath(new URL('../operations', import.meta.url)));
const supergraph = readFileSync(new URL('../../../gateway/supergraph.graphql', import.meta.url), 'utf8');
const schema = buildSchema(supergraph);

test('every ready-made operation is valid against the supergraph and says what it shows', () => {
  expect(operations.length).toBeGreaterThan(0);
  for (const operation of operations) {
    expect(validate(schema, parse(operation.query)).map((error) => `${operation.name}: ${error.message}`)).toEqual([]);
    expect(operation.description, operation.name).toMatch(/^[A-Z].*\.$/);
    expect(operation.group, operation.name).not.toBe('');
  }
  expect(new Set(operations.map((operation) => operation.name)).size).toBe(operations.length);
});

test('the default variables of every ready-made operation are those that it declares', () => {
  for (const { name, query, variables } of operations) {
    const [definition] = parse(query).definitions as OperationDefinitionNode[];
    const declared = (definition?.variableDefinitions ?? []).map((variable) => variable.variable.name.value);
    expect(Object.keys(JSON.parse(variables || '{}')).sort(), name).toEqual(declared.sort());
  }
});

test('every field that a client can start from is shown by some ready-made operation', () => {
  const shown = operations.map((operation) => operation.query).join('\n');
  const roots = [schema.getMutationType(), schema.getSubscriptionType()].flatMap((root) =>
    Object.keys(root?.getFields() ?? {}),
  );
  const leftOut = ['declineFriendship', 'blockUser', 'unblockUser', 'addMembers', 'leaveConversation', 'markRead'];
  expect(roots.filter((field) => !new RegExp(`\\b${field}\\b`).test(shown)).sort()).toEqual(leftOut.sort());
});

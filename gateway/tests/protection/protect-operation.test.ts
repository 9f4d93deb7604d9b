import type { Identity } from '@playgraph/auth/identity';
import { getOperationAST, parse } from 'graphql';
import { expect, test } from 'vitest';
import type { ClientInfo, Refusal } from '../../src/client-request.ts';
import {
  type Admission,
  createProtection,
  PROTECTION_DEFAULTS,
  type ProtectionOptions,
} from '../../src/protection/protect-operation.ts';
import { type ComposedGraph, composeGraph } from './composed-graph.ts';

const graph = composeGraph(`
  type Query {
    open: String
    mine: String @authenticated
    paid: String @policy(policies: [["paid"]])
    heavy: Int @cost(weight: 50)
    page(first: Int, last: Int): [Int] @listSize(slicingArguments: ["first", "last"])
    anything(input: In): Int
  }
  input In { in: In }
  type Subscription { ticked: Int own: Int @authenticated staff: Int @requiresScopes(scopes: [["staff"]]) }
`);
const plain = composeGraph('type Query { a: [Query] b: Int }');
const player: Identity = { userId: 'user_1', sessionId: 'session_1', scopes: [] };

function clientOf(identity: Identity | null): ClientInfo {
  const signal = new AbortController().signal;
  return { identity, correlationId: 'test', signal, isMetered: false, headers: {}, allowsSharing: true };
}

function protect(options: Partial<ProtectionOptions> = {}, { apiSchema, supergraph }: ComposedGraph = graph) {
  return createProtection({ apiSchema, supergraph, options: { ...PROTECTION_DEFAULTS, ...options } });
}

type Request = { readonly identity?: Identity; readonly variables?: Record<string, unknown> };

/** As the gateway does it, validation left out. */
async function ask(protection: ReturnType<typeof protect>, source: string, request: Request = {}) {
  const { identity = null, variables = {} } = request;
  const document = parse(source);
  const definition = getOperationAST(document);
  if (!definition) throw new TypeError('the document has several operations');
  const refusal = protection.checkDocument(document, identity);
  return refusal ?? protection.protect({ document, definition }).admit(variables, clientOf(identity));
}

function codesOf(answer: Admission | Refusal) {
  return 'errors' in answer ? [answer.status, ...answer.errors.map(({ extensions }) => extensions?.code)] : 'ADMITTED';
}

test('an operation within every limit and rule is admitted with its cost and nothing denied', async () => {
  expect(await ask(protect(), '{ open heavy }')).toEqual({ cost: 50, denied: null });
});

test('a document that is too large is refused before anything else is said about it', async () => {
  const options = { limits: { ...PROTECTION_DEFAULTS.limits, depthMax: 1 }, introspection: 'deny' } as const;
  const answer = await ask(protect(options), '{ __schema { types { name } } }');
  expect(codesOf(answer)).toEqual([400, 'COST_EXCEEDED']);
  expect(answer).toMatchObject({ errors: [{ extensions: { limit: 'depth', measured: 3, max: 1 } }] });
});

test('introspection is refused before its operation is validated, with the place', () => {
  const refusal = protect({ introspection: 'deny' }).checkDocument(parse('{ nonsense __schema { x } }'), player);
  expect(refusal).toEqual({
    status: 400,
    errors: [
      {
        message: 'This graph does not show its schema.',
        locations: [{ line: 1, column: 12 }],
        extensions: { code: 'INTROSPECTION_DISABLED' },
      },
    ],
  });
});

test('an operation that one caller may send is still refused to another one', async () => {
  const protection = protect({ introspection: 'signed-in' });
  const document = parse('{ __schema { queryType { name } } }');
  const definition = getOperationAST(document);
  if (!definition) throw new TypeError('no operation');
  expect(protection.checkDocument(document, player)).toBeNull();
  const operation = protection.protect({ document, definition });
  expect(codesOf(await operation.admit({}, clientOf(player)))).toBe('ADMITTED');
  expect(codesOf(await operation.admit({}, clientOf(null)))).toEqual([400, 'INTROSPECTION_DISABLED']);
});

test('variables that are too deep are refused', async () => {
  const source = 'query ($in: In) { anything(input: $in) }';
  const limits = { ...PROTECTION_DEFAULTS.limits, valueDepthMax: 2 };
  const deep = { in: { in: { in: {} } } };
  expect(codesOf(await ask(protect({ limits }), source, { variables: deep }))).toEqual([400, 'COST_EXCEEDED']);
  expect(codesOf(await ask(protect(), source, { variables: deep }))).toBe('ADMITTED');
});

test('an operation that costs more than is allowed is refused with both numbers', async () => {
  const answer = await ask(protect({ costMax: 49 }), '{ heavy }');
  expect(answer).toEqual({
    status: 400,
    errors: [
      {
        message: 'The operation is expected to cost 50; at most 49 is allowed.',
        extensions: { code: 'COST_EXCEEDED', limit: 'cost', measured: 50, max: 49 },
      },
    ],
  });
  expect(codesOf(await ask(protect({ costMax: 50 }), '{ heavy }'))).toBe('ADMITTED');
});

test('a field without its one slicing argument is refused', async () => {
  expect(codesOf(await ask(protect(), '{ page }'))).toEqual([400, 'BAD_USER_INPUT']);
  expect(codesOf(await ask(protect(), '{ page(last: 3) }'))).toBe('ADMITTED');
});

test('costs are measured and not enforced when that is asked for', async () => {
  expect(await ask(protect({ costMax: 1, costMode: 'measure' }), '{ heavy page }')).toEqual({ cost: 50, denied: null });
});

test('a graph that states no costs is not refused on a guess unless that is asked for', async () => {
  const source = '{ a { a { b } } }';
  expect(await ask(protect({ costMax: 1 }, plain), source)).toEqual({ cost: 110, denied: null });
  expect(codesOf(await ask(protect({ costMax: 1, costMode: 'enforce' }, plain), source))).toEqual([
    400,
    'COST_EXCEEDED',
  ]);
});

test('what a caller may not read is denied, the operation runs', async () => {
  const answer = await ask(protect(), '{ open mine }');
  if ('errors' in answer) throw new TypeError('refused');
  expect(answer.denied?.reasonOf('Query', 'mine')?.code).toBe('UNAUTHENTICATED');
  expect(answer.denied?.reasonOf('Query', 'open')).toBeNull();
  expect(await ask(protect(), '{ open mine }', { identity: player })).toMatchObject({ denied: null });
});

test('policies are evaluated for the client, and only when the operation meets some', async () => {
  const asked: unknown[] = [];
  const protection = protect({
    evaluatePolicies: async (policies, { identity }) => {
      asked.push([policies, identity?.userId]);
      return new Set(identity ? policies : []);
    },
  });
  expect(await ask(protection, '{ open }')).toMatchObject({ denied: null });
  expect(asked).toEqual([]);
  expect(await ask(protection, '{ paid }', { identity: player })).toMatchObject({ denied: null });
  const answer = await ask(protection, '{ paid }');
  expect('denied' in answer && answer.denied?.reasonOf('Query', 'paid')?.code).toBe('FORBIDDEN');
  expect(asked).toEqual([
    [['paid'], 'user_1'],
    [['paid'], undefined],
  ]);
});

test('by default no policy holds for anybody', async () => {
  const answer = await ask(protect(), '{ paid }', { identity: player });
  expect('denied' in answer && answer.denied?.reasonOf('Query', 'paid')?.code).toBe('FORBIDDEN');
});

test('what a policy evaluator throws is not taken for a grant', async () => {
  const evaluatePolicies = () => Promise.reject(new Error('the policy service is away'));
  await expect(ask(protect({ evaluatePolicies }), '{ paid }')).rejects.toThrow('the policy service is away');
});

test('a subscription whose field is denied does not start', async () => {
  expect(codesOf(await ask(protect(), 'subscription { ticked }'))).toBe('ADMITTED');
  expect(codesOf(await ask(protect(), 'subscription { own }'))).toEqual([401, 'UNAUTHENTICATED']);
  expect(codesOf(await ask(protect(), 'subscription { own }', { identity: player }))).toBe('ADMITTED');
  expect(codesOf(await ask(protect(), 'subscription { staff }', { identity: player }))).toEqual([403, 'FORBIDDEN']);
});

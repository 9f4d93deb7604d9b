import { print, visit } from 'graphql';
import { expect, test } from 'vitest';
import { analyseAccess, type DeniedFields } from '../../src/protection/access.ts';
import { createAccessRules } from '../../src/protection/access-rules.ts';
import { withoutDenied } from '../../src/protection/without-denied.ts';
import { composeGraph } from './composed-graph.ts';

const graph = composeGraph(`
  type Query {
    open: String
    mine: String @authenticated
    admin(id: ID): String @requiresScopes(scopes: [["admin"], ["staff", "audit"]])
    paid: String @policy(policies: [["paid"], ["trial", "adult"]])
    both: String @authenticated @policy(policies: [["paid"]])
    account(id: ID): Account
    birthday: Birthday
    rank: Rank
    user(id: ID): User
    node: Node
    thing: Thing
    any: Any
    tree: Tree
  }
  type Mutation { rename(name: String): User wipe: Boolean @requiresScopes(scopes: [["admin"]]) }
  type User @key(fields: "id") {
    id: ID
    name: String
    email: String @requiresScopes(scopes: [["read:email"]])
    account: Account
    friends: [User]
    mail(box: String): [Mail!]!
  }
  type Mail { subject: String text: String @authenticated }
  type Account @authenticated { id: ID balance: Int audit: String @requiresScopes(scopes: [["admin"]]) }
  scalar Birthday @requiresScopes(scopes: [["read:age"]])
  enum Rank @policy(policies: [["ranked"]]) { ONE TWO }
  interface Node { id: ID label: String }
  type Open implements Node { id: ID label: String extra: String }
  type Guarded implements Node { id: ID label: String @authenticated }
  interface Thing { id: ID }
  type OpenThing implements Thing { id: ID }
  type GuardedThing implements Thing @requiresScopes(scopes: [["thing"]]) { id: ID }
  union Any = Account | Open
  type Tree { left: Tree right: Tree leaf: String secret: String @authenticated }
`);
const rules = createAccessRules(graph.apiSchema, graph.supergraph);

const NONE: ReadonlySet<string> = new Set();
const stranger = { identity: null, policies: NONE };
const caller = (...scopes: string[]) => ({
  identity: { userId: 'user_1', sessionId: 'session_1', scopes },
  policies: NONE,
});
const withPolicies = (...policies: string[]) => ({ identity: null, policies: new Set(policies) });

function deny(source: string, { identity, policies }: typeof stranger | ReturnType<typeof caller>) {
  return analyseAccess(graph.apiSchema, rules, graph.operation(source)).denied(identity, policies);
}

function codeOf(denied: DeniedFields | null, coordinate: string) {
  const [type = '', field = ''] = coordinate.split('.');
  return denied?.reasonOf(type, field)?.code ?? null;
}

/** What is left of the operation for the caller, on one line; checked to be valid and to have a plan. */
function left(source: string, who: typeof stranger | ReturnType<typeof caller>): string {
  const denied = deny(source, who);
  if (!denied) return 'ALL';
  const document = withoutDenied(graph.apiSchema, graph.operation(source), denied);
  graph.plan(document);
  return print(document).replace(/\s+/g, ' ');
}

test('an operation that meets no rule is open to everybody, policies unasked', () => {
  const access = analyseAccess(graph.apiSchema, rules, graph.operation('{ open user { id name } __typename }'));
  expect(access).toMatchObject({ guards: [], policies: [] });
  expect(access.denied(null, NONE)).toBeNull();
});

test('@authenticated asks for a sign-in and nothing more', () => {
  expect(codeOf(deny('{ mine }', stranger), 'Query.mine')).toBe('UNAUTHENTICATED');
  expect(deny('{ mine }', caller())).toBeNull();
});

test('@requiresScopes asks for all scopes of one of its lists', () => {
  expect(codeOf(deny('{ admin }', stranger), 'Query.admin')).toBe('UNAUTHENTICATED');
  expect(codeOf(deny('{ admin }', caller()), 'Query.admin')).toBe('FORBIDDEN');
  expect(codeOf(deny('{ admin }', caller('staff')), 'Query.admin')).toBe('FORBIDDEN');
  expect(deny('{ admin }', caller('staff', 'audit'))).toBeNull();
  expect(deny('{ admin }', caller('admin'))).toBeNull();
});

test('@policy asks for all policies of one of its lists, of strangers too', () => {
  const access = analyseAccess(graph.apiSchema, rules, graph.operation('{ paid rank }'));
  expect(access.policies).toEqual(['adult', 'paid', 'ranked', 'trial']);
  expect(codeOf(deny('{ paid }', stranger), 'Query.paid')).toBe('FORBIDDEN');
  expect(codeOf(deny('{ paid }', withPolicies('trial')), 'Query.paid')).toBe('FORBIDDEN');
  expect(deny('{ paid }', withPolicies('trial', 'adult'))).toBeNull();
  expect(deny('{ paid }', withPolicies('paid'))).toBeNull();
});

test('two directives on one field must both be met, and a missing sign-in is told first', () => {
  expect(codeOf(deny('{ both }', stranger), 'Query.both')).toBe('UNAUTHENTICATED');
  expect(codeOf(deny('{ both }', withPolicies('paid')), 'Query.both')).toBe('UNAUTHENTICATED');
  expect(codeOf(deny('{ both }', caller()), 'Query.both')).toBe('FORBIDDEN');
  expect(deny('{ both }', { ...caller(), policies: new Set(['paid']) })).toBeNull();
});

test('a field that gives a guarded object, scalar or enum is guarded', () => {
  expect(codeOf(deny('{ account { id } }', stranger), 'Query.account')).toBe('UNAUTHENTICATED');
  expect(codeOf(deny('{ birthday }', caller()), 'Query.birthday')).toBe('FORBIDDEN');
  expect(codeOf(deny('{ rank }', caller()), 'Query.rank')).toBe('FORBIDDEN');
  expect(deny('{ account { id } birthday }', caller('read:age'))).toBeNull();
});

test('the fields of a guarded type are guarded where a fragment selects them', () => {
  const denied = deny('{ any { ... on Account { id } ... on Open { id } } }', stranger);
  expect(codeOf(denied, 'Account.id')).toBe('UNAUTHENTICATED');
  expect(codeOf(denied, 'Open.id')).toBeNull();
  expect(codeOf(denied, 'Query.any')).toBeNull();
});

test('a field of an interface is denied to whom one of its types denies it, a fragment is judged by its own type', () => {
  expect(codeOf(deny('{ node { id label } }', stranger), 'Node.label')).toBe('UNAUTHENTICATED');
  expect(codeOf(deny('{ node { id label } }', stranger), 'Node.id')).toBeNull();
  expect(deny('{ node { id label } }', caller())).toBeNull();
  const fragments = '{ node { __typename id ... on Open { label extra } ... on Guarded { label } } }';
  expect(left(fragments, stranger)).toBe('{ node { __typename id ... on Open { label extra } } }');
});

test('an interface whose type is guarded is open to whom that type is', () => {
  expect(left('{ open thing { id } }', stranger)).toBe('{ open }');
  expect(left('{ open thing { id } }', caller())).toBe('{ open }');
  expect(deny('{ open thing { id } }', caller('thing'))).toBeNull();
});

test('rules of a type count for the interface even where the supergraph does not repeat them there', () => {
  const definitions = graph.supergraph.definitions.map((node) =>
    node.kind === 'InterfaceTypeDefinition'
      ? { ...node, directives: [], fields: (node.fields ?? []).map((field) => ({ ...field, directives: [] })) }
      : node,
  );
  const older = createAccessRules(graph.apiSchema, { ...graph.supergraph, definitions });
  const ask = (source: string) => analyseAccess(graph.apiSchema, older, graph.operation(source)).denied(null, NONE);
  expect(codeOf(ask('{ thing { id } }'), 'Thing.id')).toBe('UNAUTHENTICATED');
  expect(codeOf(ask('{ node { label } }'), 'Node.label')).toBe('UNAUTHENTICATED');
  expect(ask('{ thing { __typename ... on OpenThing { id } } node { id } }')).toBeNull();
});

test('a field is judged by the place where it is written, not by the object that comes', () => {
  const operation = graph.operation(
    '{ node { label ... on Open { label } ...N } } fragment N on Node { id shown: label }',
  );
  const denied = analyseAccess(graph.apiSchema, rules, operation).denied(null, NONE);
  const verdicts: unknown[] = [];
  visit(operation.document, {
    Field: (node) =>
      void verdicts.push([node.alias?.value ?? node.name.value, denied?.reasonAt(node)?.message ?? null]),
  });
  const reason = 'Sign in to use Node.label.';
  expect(verdicts).toEqual([
    ['node', null],
    ['label', reason],
    ['label', null],
    ['id', null],
    ['shown', reason],
  ]);
});

test('denied fields are left out, what stands beside and around them stays', () => {
  expect(left('{ open mine user { name email } }', stranger)).toBe('{ open user { name } }');
  expect(left('{ a: user { email } b: user { e: email name } }', caller())).toBe(
    '{ a: user { __typename } b: user { name } }',
  );
  expect(left('{ user { email } }', caller('read:email'))).toBe('ALL');
});

test('an operation of which nothing is left still is one', () => {
  expect(left('{ mine account { balance } }', stranger)).toBe('{ __typename }');
  expect(left('mutation { wipe }', caller())).toBe('mutation { __typename }');
  expect(left('mutation { wipe rename(name: "x") { id } }', caller())).toBe('mutation { rename(name: "x") { id } }');
});

test('fragments and variables that nothing uses any more go too, others stay', () => {
  const source = `query Q($id: ID, $box: String, $on: Boolean!, $off: Boolean!) {
    admin(id: $id) ...A @include(if: $on)
    user { ...U @skip(if: $off) }
  }
  fragment A on Query { account(id: $id) { ...B } }
  fragment B on Account { balance }
  fragment U on User { mail(box: $box) { ...M } }
  fragment M on Mail { text }`;
  expect(left(source, stranger)).toBe(
    'query Q($box: String, $off: Boolean!) { user { ...U @skip(if: $off) } } fragment U on User { mail(box: $box) { __typename } }',
  );
  expect(left(source, caller())).toContain('fragment B on Account { balance }');
});

test('other operations of the document are not part of what is planned', () => {
  const { document } = graph.operation('query A { mine open }');
  const other = graph.operation('query B { open }').document;
  const [definition] = document.definitions;
  if (definition?.kind !== 'OperationDefinition') throw new TypeError('not an operation');
  const operation = {
    document: { ...document, definitions: [...document.definitions, ...other.definitions] },
    definition,
  };
  const denied = analyseAccess(graph.apiSchema, rules, operation).denied(null, NONE);
  if (!denied) throw new TypeError('nothing is denied');
  expect(print(withoutDenied(graph.apiSchema, operation, denied)).replace(/\s+/g, ' ')).toBe('query A { open }');
});

test('fragments that double at each level are looked through once', () => {
  const levels = Array.from(
    { length: 60 },
    (_, i) => `fragment F${i} on Tree { left { ...F${i + 1} } right { ...F${i + 1} } }`,
  );
  const source = `{ tree { ...F0 } } ${levels.join(' ')} fragment F60 on Tree { leaf secret }`;
  const operation = graph.operation(source);
  const denied = analyseAccess(graph.apiSchema, rules, operation).denied(null, NONE);
  expect(codeOf(denied, 'Tree.secret')).toBe('UNAUTHENTICATED');
  if (!denied) throw new TypeError('nothing is denied');
  expect(print(withoutDenied(graph.apiSchema, operation, denied))).not.toContain('secret');
});

test('callers to whom the same is denied for the same reasons share one variant, others do not', () => {
  const access = analyseAccess(graph.apiSchema, rules, graph.operation('{ open mine admin }'));
  const keyFor = ({ identity, policies }: ReturnType<typeof caller>) => access.denied(identity, policies)?.key;
  expect(access.denied(null, NONE)).toBe(access.denied(null, NONE));
  expect(keyFor(caller('a'))).toBe(keyFor(caller('b')));
  expect(access.denied(null, NONE)?.key).not.toBe(keyFor(caller()));
  expect(keyFor(caller('admin'))).toBeUndefined();
});

test('an operation names its guards with the fields behind them', () => {
  const access = analyseAccess(graph.apiSchema, rules, graph.operation('{ mine account { id audit } }'));
  expect(access.guards).toEqual([
    { requirement: { kind: 'SIGNED_IN' }, coordinates: ['Query.mine', 'Query.account', 'Account.id', 'Account.audit'] },
    { requirement: { kind: 'SCOPES', anyOf: [['admin']] }, coordinates: ['Account.audit'] },
  ]);
});

test('a list of scopes that names no alternative lets nobody in', () => {
  const empty = composeGraph('type Query { a: Int @requiresScopes(scopes: []) b: Int }');
  const found = createAccessRules(empty.apiSchema, empty.supergraph);
  const denied = analyseAccess(empty.apiSchema, found, empty.operation('{ a b }')).denied(caller('any').identity, NONE);
  expect(codeOf(denied, 'Query.a')).toBe('FORBIDDEN');
  expect(codeOf(denied, 'Query.b')).toBeNull();
});

test('directives that the supergraph links under other names are enforced', () => {
  const renamed = composeGraph(
    'type Query { a: Int @signedIn b: Int @federation__requiresScopes(scopes: [["x"]]) c: Int @may(policies: [["p"]]) d: Int }',
    '{ name: "@authenticated", as: "@signedIn" }, { name: "@policy", as: "@may" }',
  );
  const found = createAccessRules(renamed.apiSchema, renamed.supergraph);
  const kinds = ['a', 'b', 'c', 'd'].map((field) => found.requirementsOf('Query', field).map(({ kind }) => kind));
  expect(kinds).toEqual([['SIGNED_IN'], ['SCOPES'], ['POLICIES'], []]);
});

test('a graph without access rules has none to check', () => {
  const plain = composeGraph('type Query { a: Int }');
  expect(createAccessRules(plain.apiSchema, plain.supergraph).isEmpty).toBe(true);
  expect(rules.isEmpty).toBe(false);
});

import { expect, test } from 'vitest';
import { NO_OPERATION_SOURCES } from '../../src/operations/operation-sources.ts';
import { EMPTY_MANIFEST, parseManifest } from '../../src/operations/persisted-manifest.ts';
import type { PreparedOperation } from '../../src/operations/prepare-operation.ts';
import { PROTECTION_DEFAULTS } from '../../src/protection/protect-operation.ts';
import { compose } from '../supergraphs.ts';
import { createInfo, createTestGraph } from '../test-graph.ts';
import { openChangingGateway } from './changing-gateway.ts';

const FIELDS = { Query: { name: () => 'Ann', limit: () => 5, game: () => ({ id: '1' }) } };

const typeDefsOf = (policy: string, more: string) =>
  `type Query { name: String limit: Int ${policy} game: Game ${more} } type Game @key(fields: "id") { id: ID! title: String }`;

/** A graph of one subgraph, which knows nothing of the policy; `more` makes it another version. */
function shop(more = '') {
  const resolvers = { ...FIELDS, Game: { title: () => 'Chess' } };
  return {
    ...createTestGraph({ shop: { typeDefs: typeDefsOf('', more), resolvers } }),
    supergraphSdl: compose({ shop: typeDefsOf('@policy(policies: [["vip"]])', more) }),
  };
}

const asked = (query: string) => ({ query, operationName: undefined, variables: {}, extensions: {} });
const DEFERRED = '{ name ... @defer { game { title } } }';

test('an operation that is being admitted while the graph changes is admitted on the newer one', async () => {
  const policies: (readonly string[])[] = [];
  const { gateway, load, changeTo } = await openChangingGateway(shop(), {
    graphOptions: {
      protection: {
        ...PROTECTION_DEFAULTS,
        evaluatePolicies: async (names) => {
          policies.push(names);
          if (policies.length === 1) await changeTo(shop('more: Int'));
          return new Set();
        },
      },
    },
  });
  await load();
  const operation = (await gateway.prepare(asked('{ name limit }'), createInfo())) as PreparedOperation;
  expect(operation.version).toBe(gateway.graph().catalogue.version);
  expect(policies).toEqual([['vip'], ['vip']]);
  const { body } = await gateway.execute(operation, {}, createInfo());
  expect(JSON.parse(body.toString())).toMatchObject({ data: { name: 'Ann', limit: null } });
});

test('a graph that changes with every try refuses the request, and says when to come again', async () => {
  let changes = 0;
  const { gateway, load, changeTo } = await openChangingGateway(shop(), {
    graphOptions: {
      protection: {
        ...PROTECTION_DEFAULTS,
        evaluatePolicies: async () => {
          changes += 1;
          await changeTo(shop(`more${changes}: Int`));
          return new Set();
        },
      },
    },
  });
  await load();
  expect(await gateway.prepare(asked('{ limit }'), createInfo())).toMatchObject({
    status: 503,
    errors: [{ extensions: { code: 'UNAVAILABLE', retryAfterSeconds: 1 } }],
  });
  expect(changes).toBe(3);
});

test('an operation that clients take in parts is made ready at boot, and moves over a reload as it is', async () => {
  const manifest = parseManifest(
    JSON.stringify({
      format: 'apollo-persisted-query-manifest',
      version: 1,
      operations: [{ id: '1', name: '', type: 'query', body: DEFERRED }],
    }),
  );
  const { gateway, load, changeTo, untilReady } = await openChangingGateway(shop(), {
    operations: { ...NO_OPERATION_SOURCES, manifest: () => manifest },
  });
  const madeOf = () => {
    const { catalogue, inParts } = gateway.graph();
    return inParts.madeOf(catalogue.prepare(DEFERRED, undefined) as PreparedOperation);
  };
  const readyAtBoot = untilReady();
  await load();
  await readyAtBoot;
  const before = madeOf();
  expect(before).not.toBeNull();
  const readyAgain = untilReady();
  await changeTo(shop('more: Int'));
  await readyAgain;
  expect(madeOf()?.compiled).toBe(before?.compiled);
});

test('what a client has taken in parts moves over a reload; what defers nothing is compiled as a whole only', async () => {
  const { gateway, load, changeTo, untilReady } = await openChangingGateway(shop(), {
    operations: { ...NO_OPERATION_SOURCES, manifest: () => EMPTY_MANIFEST },
  });
  await load();
  for (const query of [DEFERRED, '{ name }']) {
    const operation = (await gateway.prepare(asked(query), createInfo())) as PreparedOperation;
    const answer = await gateway.executeIncrementally(operation, {}, createInfo());
    if ('rest' in answer) for await (const _part of answer.rest);
  }
  const ready = untilReady();
  await changeTo(shop('more: Int'));
  await ready;
  const { whole, inParts } = gateway.graph();
  expect([whole.count(), inParts.count()]).toEqual([2, 1]);
});

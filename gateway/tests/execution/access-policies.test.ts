import { silentLogger } from '@playgraph/kernel/logger';
import { buildSchema } from '@playgraph/server/build-schema';
import { createLocalTransport } from '@playgraph/server/local-transport';
import type { Transport } from '@playgraph/server/transport';
import { expect, test } from 'vitest';
import { createCallRunner } from '../../src/calls/call-runner.ts';
import type { ClientInfo } from '../../src/client-request.ts';
import { createOperationPlanner } from '../../src/execution/plan-operation.ts';
import { createExecutor } from '../../src/executor.ts';
import { createGraph } from '../../src/graph.ts';
import { admit } from '../../src/protection/admit.ts';
import { type PolicyEvaluator, PROTECTION_DEFAULTS } from '../../src/protection/protect-operation.ts';
import { withoutSecurityPurpose } from '../../src/supergraph/security-links.ts';
import { compose } from '../supergraphs.ts';
import { createInfo, type TestResponse } from '../test-graph.ts';

/** The gateway alone knows policies: subgraphs answer whatever they are asked. */
const TYPE_DEFS = `
  type Query { account: Account open: Int }
  type Account @key(fields: "id") { id: ID! limit: Int! @policy(policies: [["vip"], ["staff", "adult"]]) notes: String @policy(policies: [["staff"]]) @authenticated }`;
const RESOLVERS = {
  Query: { account: () => ({ id: 'a1' }), open: () => 1 },
  Account: { limit: () => 5, notes: () => 'late payer' },
};

/** Asks a graph whose policies are decided by `evaluatePolicies`; `asked` is what the subgraph got. */
function createBank(evaluatePolicies: PolicyEvaluator) {
  const asked: string[] = [];
  const supergraphSdl = withoutSecurityPurpose(compose({ bank: TYPE_DEFS }));
  const unguarded = TYPE_DEFS.replaceAll(/@policy\([^)]*\)|@authenticated/g, '');
  const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])';
  const local = createLocalTransport({
    name: 'bank',
    schema: buildSchema({ typeDefs: `${link}\n${unguarded}`, resolvers: RESOLVERS }),
    createContext: (info) => info,
    logger: silentLogger,
    routes: [],
    checkReady: async () => undefined,
    close: async () => undefined,
  });
  const transport: Transport = {
    ...local,
    execute: (request, info) => {
      asked.push(request.query);
      return local.execute(request, info);
    },
  };
  const transports = new Map([['bank', transport]]);
  const graph = createGraph(createOperationPlanner(supergraphSdl), supergraphSdl, {
    transports,
    options: {
      protection: { ...PROTECTION_DEFAULTS, evaluatePolicies },
      documentTokensMax: 1_000,
      subgraphErrors: 'pass',
      isDevelopment: false,
      logger: silentLogger,
    },
  });
  const runner = createCallRunner({ transports: () => transports, sharing: false, prediction: false });
  const executor = createExecutor({
    graph: () => graph,
    runner,
    logger: silentLogger,
    prediction: false,
    prepareAgain: async (operation) => operation,
  });
  const query = async (source: string, info: Partial<ClientInfo> = {}): Promise<TestResponse> => {
    const client = { ...createInfo(), ...info };
    const prepared = graph.catalogue.prepare(source, undefined);
    if ('errors' in prepared) throw new Error(JSON.stringify(prepared.errors));
    const operation = await admit(graph, prepared, { variables: {}, client, logger: silentLogger });
    if ('errors' in operation) return operation as TestResponse;
    return JSON.parse((await executor.execute(operation, {}, client)).body.toString()) as TestResponse;
  };
  return { asked, query };
}

const SOURCE = '{ open account { id limit notes } }';
const SIGNED_IN = { identity: { userId: 'user_1', sessionId: 'session_1', scopes: [] } };

test('without an evaluator no policy holds for anybody', async () => {
  const bank = createBank(PROTECTION_DEFAULTS.evaluatePolicies);
  const { data, errors } = await bank.query(SOURCE, SIGNED_IN);
  expect(data).toEqual({ open: 1, account: null });
  expect(errors).toMatchObject([{ path: ['account', 'limit'], extensions: { code: 'FORBIDDEN' } }]);
  expect(bank.asked.join()).not.toMatch(/limit|notes/);
});

test('of the lists of policies one has to hold in full', async () => {
  const limitFor = async (...held: string[]) => {
    const bank = createBank(async (policies) => new Set(policies.filter((policy) => held.includes(policy))));
    return (await bank.query('{ account { limit } }')).data?.account;
  };
  expect([await limitFor('vip'), await limitFor('staff', 'adult')]).toEqual([{ limit: 5 }, { limit: 5 }]);
  expect([await limitFor('staff'), await limitFor('adult'), await limitFor()]).toEqual([null, null, null]);
});

test('a policy and a sign-in must both be there', async () => {
  const bank = createBank(async () => new Set(['staff', 'vip']));
  const asStranger = await bank.query('{ account { limit notes } }');
  expect(asStranger.data).toEqual({ account: { limit: 5, notes: null } });
  expect(asStranger.errors).toMatchObject([{ path: ['account', 'notes'], extensions: { code: 'UNAUTHENTICATED' } }]);
  expect((await bank.query('{ account { notes } }', SIGNED_IN)).data).toEqual({ account: { notes: 'late payer' } });
});

test('policies that nobody asks about are not evaluated', async () => {
  const evaluated: (readonly string[])[] = [];
  const bank = createBank(async (policies) => {
    evaluated.push(policies);
    return new Set();
  });
  await bank.query('{ open account { id } }');
  expect(evaluated).toEqual([]);
});

test('an evaluator that fails refuses the request, and tells nobody why', async () => {
  const bank = createBank(() => Promise.reject(new Error('ldap at 10.0.0.7 is down')));
  const answer = await bank.query(SOURCE);
  expect(answer.errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
  expect(JSON.stringify(answer)).not.toContain('ldap');
  expect(bank.asked).toEqual([]);
});

import { EventEmitter, once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { createHttpTransport } from '@playgraph/server/http-transport';
import { afterEach, expect, test } from 'vitest';
import { createCallRunner } from '../../src/calls/call-runner.ts';
import { createClient, subgraphOf, toExecution } from './walk.ts';
import { SUBGRAPHS } from './world.ts';

const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.close();
});

/** Three subgraphs on ports of their own. What is asked is an event; nothing is answered before the test says so. */
async function createSubgraphs() {
  const waiting = new Map<number, ServerResponse>();
  const events = new EventEmitter();
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { id } = JSON.parse(text).variables;
    response.on('close', () => {
      if (!response.writableFinished) events.emit(`cancelled ${id}`);
    });
    waiting.set(id, response);
    events.emit(`asked ${id}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  const options = { url, identitySecret: 'x'.repeat(32), clock: systemClock, logger: silentLogger };
  const transports = new Map(SUBGRAPHS.map((name) => [name, createHttpTransport({ name, ...options })]));
  opened.push({ close: async () => server.close() }, ...transports.values());
  return {
    transports,
    asked: (id: number) => once(events, `asked ${id}`),
    cancelled: (id: number) => once(events, `cancelled ${id}`),
    answer(id: number, value: string, next: readonly number[]) {
      const headers = { 'content-type': 'application/json', 'cache-control': 'max-age=60' };
      waiting
        .get(id)
        ?.writeHead(200, headers)
        .end(JSON.stringify({ data: { node: { value, next } } }));
    },
  };
}

const WALK = { roots: [1], steps: 2 };

test('over HTTP: equal bytes are the remembered answer, and what is not needed is cancelled at the subgraph', async () => {
  expect(subgraphOf(1)).not.toBe(subgraphOf(2));
  const subgraphs = await createSubgraphs();
  const runner = createCallRunner({ transports: () => subgraphs.transports, sharing: true, prediction: true });
  const run = () => runner.run(toExecution(WALK, createClient().info));

  let asked = subgraphs.asked(1);
  const first = run();
  await asked;
  asked = subgraphs.asked(2);
  subgraphs.answer(1, 'one', [2]);
  await asked;
  subgraphs.answer(2, 'two', []);
  expect((await first).how).toBe('EXECUTED');

  let bothAsked = Promise.all([subgraphs.asked(1), subgraphs.asked(2)]);
  const second = run();
  await bothAsked;
  subgraphs.answer(2, 'two', []);
  subgraphs.answer(1, 'one', [2]);
  expect(await second).toMatchObject({ how: 'REMEMBERED', answer: (await first).answer });

  bothAsked = Promise.all([subgraphs.asked(1), subgraphs.asked(2)]);
  const cancelled = subgraphs.cancelled(2);
  const third = run();
  await bothAsked;
  subgraphs.answer(1, 'alone', []);
  expect((await third).answer.body.toString()).toContain('alone');
  await cancelled;
  expect((await third).calls).toMatchObject({ predicted: 2, claimed: 1, unclaimed: 1 });
});

test('over HTTP: a subgraph stops its work when the last client that waits for it has gone', async () => {
  const subgraphs = await createSubgraphs();
  const runner = createCallRunner({ transports: () => subgraphs.transports, sharing: true, prediction: true });
  const [ann, bob] = [createClient(), createClient()];
  const asked = subgraphs.asked(1);
  const cancelled = subgraphs.cancelled(1);
  const runs = [ann, bob].map(({ info }) => runner.run(toExecution(WALK, info)));
  const settled = Promise.allSettled(runs);
  await asked;
  ann.leave();
  bob.leave();
  await cancelled;
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAnswers } from '../bench/bodies.ts';
import { findDifference } from '../bench/compare-answers.ts';
import { APOLLO, OURS, parseGateway } from '../bench/gateways.ts';
import { ask, printRequest } from '../bench/http-request.ts';
import { startLoad } from '../bench/load.ts';
import type { Figures, Measurement } from '../bench/measure.ts';
import { differingRequest, equalRequest, expectAnswer } from '../bench/operation.ts';
import { parseOptions } from '../bench/options.ts';
import { type CpuProfile, summarizeProfile } from '../bench/profile.ts';
import { createResponseReader } from '../bench/read-response.ts';
import { joinRounds, judgeAims, printTable } from '../bench/report.ts';
import { scenarios } from '../bench/scenarios.ts';
import { composeSupergraph, createServiceSchemas } from '../bench/services.ts';
import { median, percentile } from '../bench/statistics.ts';
import { findTicks, mask, NO_PROBE, NO_TICK, tickDigits, writeDigits } from '../bench/ticks.ts';

const figures: Figures = {
  requestsPerSecond: 100,
  p50Ms: 10,
  p95Ms: 20,
  p99Ms: 30,
  cpuMsPerRequest: 1,
  coreShare: 1,
  callsPerRequest: 9,
  operationsPerRequest: 9,
  residentMbMax: 100,
  bootMs: 500,
  answerBytes: 80_000,
  windowUs: [0, 1],
};
const measured = (gateway: string, scenario: string, changes: Partial<Figures> = {}): Measurement => ({
  gateway,
  scenario,
  verdict: 'right',
  reason: null,
  figures: { ...figures, ...changes },
});

test('a percentile is the smallest value that covers its share', () => {
  const sorted = Array.from({ length: 200 }, (_, i) => i + 1);
  expect([percentile(sorted, 0.5), percentile(sorted, 0.99), percentile([7], 0.95)]).toEqual([100, 198, 7]);
  expect(percentile([], 0.5)).toBeNaN();
  expect(median([9, 1, 5])).toBe(5);
});

test('ticks change an answer without changing its length, and the mask takes them back', () => {
  const text = JSON.stringify({ name: `Table ${NO_TICK}`, shippingEstimate: 1_050_000_000, price: 1299 });
  const bytes = Buffer.from(text);
  writeDigits(bytes, findTicks(text), tickDigits(1_234_567));
  const changed = bytes.toString();
  expect(JSON.parse(changed)).toEqual({ name: 'Table ~234567', shippingEstimate: 1_050_234_567, price: 1299 });
  expect(mask(changed)).toBe(text);
});

test('an answer is right whatever its ticks and key order, and a difference is named by its place', () => {
  const expected = { data: { users: [{ id: '1', name: `Ada ${NO_TICK}` }] } };
  expect(findDifference('{"data":{"users":[{"name":"Ada ~000042","id":"1"}]}}', expected)).toBeNull();
  expect(findDifference('{"data":{"users":[{"id":"2","name":"Ada ~000042"}]}}', expected)).toContain(
    '$.data.users.0.id',
  );
  expect(findDifference('{"data":{"users":[{"id":"1"}]}}', expected)).toContain('$.data.users.0.name: nothing');
  expect(findDifference('{"data":{"users":[]},"errors":[]}', expected)).not.toBeNull();
  expect(findDifference('<html>', expected)).toContain('not JSON');
});

test('the heavy query has the shape that the benchmark promises', () => {
  const answer = JSON.stringify(expectAnswer(equalRequest));
  expect(answer.length).toBeGreaterThan(75_000);
  expect(answer.length).toBeLessThan(85_000);
  expect(new Set(answer.match(/"body":"[^"]*"/g)).size).toBeGreaterThan(1);
  expect(JSON.stringify(expectAnswer(differingRequest))).toContain(`"echo":"${NO_PROBE}"`);
});

test('the four services compose, each at its own address', () => {
  const supergraph = composeSupergraph((name) => `http://127.0.0.1:1/${name}`);
  for (const name of createServiceSchemas().keys()) expect(supergraph).toContain(`http://127.0.0.1:1/${name}"`);
});

test('a service executes bodies that differ in their probe once, and batches as one body', async () => {
  const schema = createServiceSchemas().get('accounts');
  if (!schema) throw new Error('no accounts service');
  const answer = createAnswers(schema);
  const body = (probe: string) => JSON.stringify({ query: `{ echo(text: "${probe}") }` });
  const first = await answer(body('probe-00000001'));
  expect(first.bytes.toString()).toContain(`{"data":{"echo":"${NO_PROBE}"}}`);
  expect(answer(body('probe-00000002'))).toBe(first);
  const batch = await answer(`[${body('x')},${body('y')}]`);
  expect(batch.operations).toBe(2);
  expect(batch.bytes.toString()).toContain('[{"data":{"echo":"x"}},{"data":{"echo":"y"}}]');
});

test('an inventory that gets a wrong price or weight gives another estimate than the expected one', async () => {
  const schema = createServiceSchemas().get('inventory');
  if (!schema) throw new Error('no inventory service');
  const query = 'query($r: [_Any!]!) { _entities(representations: $r) { ... on Product { shippingEstimate } } }';
  const ask = async (weight: number) => {
    const r = [{ __typename: 'Product', upc: '1', price: 899, weight }];
    return (await createAnswers(schema)(JSON.stringify({ query, variables: { r } }))).bytes.toString();
  };
  expect(await ask(100)).toContain('"shippingEstimate":1050000000');
  expect(await ask(101 * 2)).not.toContain('"shippingEstimate":1050000000');
});

test('responses are read alike however the socket cuts them', () => {
  const sized = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
  const chunked =
    'HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n';
  const empty = 'HTTP/1.1 204 None\r\ncontent-length: 0\r\n\r\n';
  const wire = Buffer.from(sized + chunked + empty);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: wire.length }), { maxLength: 12 }), (cuts) => {
      const seen: unknown[] = [];
      let body = '';
      const push = createResponseReader({
        onBody: (piece) => {
          body += piece.toString();
        },
        onEnd: (response) => {
          seen.push({ ...response, body });
          body = '';
        },
      });
      const edges = [0, ...cuts.toSorted((a, b) => a - b), wire.length];
      edges.slice(1).forEach((end, i) => {
        push(wire.subarray(edges[i], end));
      });
      expect(seen).toEqual([
        { status: 200, bodyBytes: 5, closes: false, body: 'hello' },
        { status: 503, bodyBytes: 5, closes: true, body: 'hello' },
        { status: 204, bodyBytes: 0, closes: false, body: '' },
      ]);
    }),
  );
});

test('what is no response with a length is refused', () => {
  const listener = { onBody: () => undefined, onEnd: () => undefined };
  for (const text of ['SSH-2.0\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n']) {
    expect(() => createResponseReader(listener)(Buffer.from(text))).toThrow(TypeError);
  }
});

test('a load notices a wrong answer, a wrong length and a wrong status', async () => {
  const answers: [status: number, body: string][] = [
    [200, '{"data":1}'],
    [200, '{"data":2}'],
    [200, '{"data":10}'],
    [500, '{"data":1}'],
  ];
  let requests = 0;
  const server = createServer((_request, response) => {
    const [status, body] = answers[requests++] ?? [200, '{"data":1}'];
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const request = printRequest({ query: '{ data }' }, { port, path: '/graphql' });
  const reasons: (string | null)[] = [];
  await new Promise<void>((resolve) => {
    const load = startLoad({
      port,
      connections: 1,
      nextRequest: () => request,
      isSampled: () => true,
      bodyBytes: 10,
      check: (body, count) => {
        const reason = body === '{"data":1}' ? null : 'other data';
        reasons.push(reason);
        if (count < answers.length) return reason;
        const { failures, failure } = load.read();
        expect({ failures, failure }).toEqual({ failures: 3, failure: 'other data' });
        load.stop();
        resolve();
        return reason;
      },
    });
  });
  expect(reasons).toEqual([null, 'other data', null]);
  expect(await ask(port, request, 5_000)).toEqual({ status: 200, body: '{"data":1}' });
  server.closeAllConnections();
  server.close();
});

test('a drained load has an answer to every request that it counts, also when connections are closed between them', async () => {
  let answered = 0;
  const server = createServer((_request, response) => {
    answered += 1;
    response.setHeader('connection', answered % 3 === 0 ? 'close' : 'keep-alive').end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const request = printRequest({ query: '{ data }' }, { port, path: '/graphql' });
  const load = await new Promise<ReturnType<typeof startLoad>>((resolve) => {
    const started = startLoad({
      port,
      connections: 4,
      nextRequest: () => request,
      isSampled: (count) => count === 40,
      bodyBytes: 2,
      check: () => {
        resolve(started);
        return null;
      },
    });
  });
  expect(await load.drain()).toBe(answered);
  expect(answered).toBeGreaterThan(40);
  expect(load.read()).toMatchObject({ requests: answered, failures: 0, failure: null });
  server.closeAllConnections();
  server.close();
});

test('rounds are joined by their medians, and one wrong round spoils its line', () => {
  const wrong: Measurement = { ...measured(OURS, 'b'), verdict: 'WRONG', reason: 'at $.data', figures: null };
  const lines = joinRounds([
    measured(OURS, 'a', { requestsPerSecond: 10, residentMbMax: 90 }),
    measured(OURS, 'b'),
    measured(OURS, 'a', { requestsPerSecond: 30, residentMbMax: 150 }),
    wrong,
    measured(OURS, 'a', { requestsPerSecond: 20, residentMbMax: 100 }),
  ]);
  expect(lines[0]).toMatchObject({ rounds: 3, figures: { requestsPerSecond: 20, residentMbMax: 150 } });
  expect(lines[1]).toMatchObject({ verdict: 'WRONG', reason: 'at $.data', figures: null });
});

test('the table gives each gateway in its scenario, against Apollo Gateway', () => {
  const lines = joinRounds([
    measured(OURS, 'a', { requestsPerSecond: 900, cpuMsPerRequest: 0.5, callsPerRequest: 3 }),
    measured(APOLLO, 'a', { requestsPerSecond: 45, cpuMsPerRequest: 20, coreShare: 0.4 }),
    { ...measured('Other', 'a'), verdict: 'WRONG', reason: 'at $.data', figures: null },
  ]);
  const rows = printTable(lines, scenarios).split('\n');
  expect(rows[0]).toContain('(a) nothing shared');
  expect(rows[2]?.split(/\s{2,}/).slice(1, 5)).toEqual([OURS, '900', '20.0', '40.0']);
  expect(rows[2]).toContain('3.00 (9.00)');
  expect(rows[4]).toContain('WRONG');
  expect(rows).toContain(`  ${APOLLO}: did not use its whole core; the benchmark itself may be the limit`);
  expect(rows).toContain('  Other: at $.data');
});

test('aims are judged by what was measured, and not at all without it', () => {
  const lines = joinRounds([
    measured(OURS, 'a', { requestsPerSecond: 2000, operationsPerRequest: 9.2, residentMbMax: 301 }),
    measured(APOLLO, 'a'),
    measured(OURS, 'e', { p50Ms: 7.5 }),
    measured(APOLLO, 'e', { p50Ms: 30 }),
  ]);
  expect(judgeAims(lines, 5).map(({ aim, verdict }) => [aim, verdict])).toEqual([
    ['(a) at least 20 x Apollo Gateway', 'reached'],
    ['(b) at least 40 x Apollo Gateway', 'not judged'],
    ['(c) at least 27 x Apollo Gateway', 'not judged'],
    ['(d) at least 130 x Apollo Gateway', 'not judged'],
    ['(e) p50 at most 1/4 of Apollo Gateway', 'reached'],
    ['(e) p50 at most 1.5 x one subgraph', 'reached'],
    ['(a) at most 9 calls a request', 'NOT reached'],
    ['(a) without prediction at most 7 calls', 'not judged'],
    ['RSS under 300 MB', 'NOT reached'],
  ]);
});

test('a profile is summed up over the measured window, by function and by file, idle time apart', () => {
  const node = (id: number, functionName: string, url: string) => ({
    id,
    callFrame: { functionName, url, lineNumber: id },
  });
  const profile: CpuProfile = {
    startTime: 1_000,
    nodes: [
      node(1, '(idle)', ''),
      node(2, 'merge', 'file:///x/run-1/gateway/dist/execution/merge.js'),
      node(3, 'merge', 'file:///x/run-1/gateway/dist/execution/merge.js'),
      node(4, 'parse', 'file:///x/node_modules/graphql/language/parser.js'),
    ],
    samples: [4, 2, 3, 1, 4, 4],
    timeDeltas: [500, 600, 100, 1_000, 300, 5_000],
  };
  const summary = summarizeProfile(profile, [2_000, 4_000]);
  expect(summary.windowMs).toBe(2);
  expect(summary.idleShare).toBe(0.5);
  expect(summary.functions.map(({ name, selfMs }) => [name, selfMs])).toEqual([
    ['merge  gateway/dist/execution/merge.js:3', 0.6],
    ['parse  graphql/language/parser.js:5', 0.3],
    ['merge  gateway/dist/execution/merge.js:4', 0.1],
  ]);
  expect(summary.parts.map(({ name }) => name)).toEqual(['gateway/dist/execution', 'graphql']);
  expect(summary.files[0]).toEqual({ name: 'gateway/dist/execution/merge.js', selfMs: 0.7, share: 0.7 });
});

test('any gateway joins by a command line', () => {
  const scenario = scenarios.find(({ shares }) => shares);
  if (!scenario) throw new Error('no scenario shares');
  const { name, command } = parseGateway(
    'Router=/opt/router --supergraph {supergraph} --port {port} --sharing={sharing}',
  );
  expect(name).toBe('Router');
  expect(command({ supergraphFile: '/x/s.graphql', port: 4001, scenario })).toMatchObject({
    command: '/opt/router',
    args: ['--supergraph', '/x/s.graphql', '--port', '4001', '--sharing=on'],
  });
  for (const bad of ['router', '=router', 'router= ']) expect(() => parseGateway(bad)).toThrow(TypeError);
});

test('options that make no sense are refused in words', () => {
  expect(parseOptions(['--quick', '--rounds', '3'])).toMatchObject({ measureMs: 1_000, rounds: 3 });
  expect(parseOptions(['--profile'])).toMatchObject({ contestants: ['ours'], scenarios: [{ id: 'a' }] });
  expect(parseOptions(['--help'])).toBe('help');
  for (const bad of [
    ['--seconds', 'x'],
    ['--seconds', '0'],
    ['--scenarios', 'z'],
    ['--gateways', 'nginx'],
    ['--what'],
  ]) {
    expect(() => parseOptions(bad)).toThrow(TypeError);
  }
});

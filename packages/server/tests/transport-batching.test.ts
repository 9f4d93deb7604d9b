import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { signIdentity } from '@playgraph/auth/signed-identity';
import { systemClock } from '@playgraph/kernel/clock';
import { BATCH_BYTES_MAX, BATCH_MAX, BATCH_MEDIA_TYPE, printFrame } from '@playgraph/server/batch-format';
import { createTransportRequest } from '@playgraph/server/transport';
import { OperationTypeNode } from 'graphql';
import { expect, test } from 'vitest';
import {
  answerJson,
  codeOf,
  createWatchedTransport,
  mutation,
  type OddHandler,
  query,
  serveOdd,
  toInfo,
  toRequest,
} from './odd-subgraph.ts';
import { identitySecret, player, serveSample } from './sample-subgraph.ts';

const batch = { 'content-type': BATCH_MEDIA_TYPE };
const ask = (name: string) => toRequest(`{ ${name} }`);
const isBatch = (headers: { 'content-type'?: string | undefined }) => headers['content-type'] === BATCH_MEDIA_TYPE;
/** The operations in a body. */
const countOf = (body: string) => body.split('\n').length >> 1;

/** A batching transport to a subgraph of one's own making. */
async function open(handle: OddHandler, options = {}) {
  const served = await serveOdd(handle);
  return { ...served, ...createWatchedTransport({ url: served.url, batching: true, ...options }) };
}

/** Answers the operations of a batch, in the order of `indexes`, with their index. */
function answerFrames(response: ServerResponse, indexes: readonly number[]): void {
  response.writeHead(200, batch);
  for (const index of indexes) response.write(printFrame({ index, status: 200 }, `{"data":{"a":${index}}}`));
}

/** Answers everything, alone or in a batch, with its own query. */
const answerAll: OddHandler = (request, response, _count, body) => {
  const toData = (operation: string) => ({ data: { a: JSON.parse(operation).query } });
  if (!isBatch(request.headers)) answerJson(response, toData(body));
  else {
    response.writeHead(200, batch);
    const operations = body.split('\n').filter((_line, at) => at % 2 === 1);
    for (const [index, operation] of operations.entries()) {
      response.write(printFrame({ index, status: 200 }, JSON.stringify(toData(operation))));
    }
    response.end();
  }
};

test('what is asked in one turn travels as one body, what comes alone as a plain request', async () => {
  const { transport, seen } = await open(answerAll);
  const together = ['a', 'b', 'c'].map((name) => transport.execute(ask(name), toInfo()));
  const answers = (await Promise.all(together)).map((answer) => answer.read());
  expect(answers).toEqual(['{ a }', '{ b }', '{ c }'].map((a) => ({ data: { a } })));
  expect((await transport.execute(query, toInfo())).read()).toEqual({ data: { a: '{ a }' } });
  expect(seen.map(({ headers }) => isBatch(headers))).toEqual([true, false]);
  expect(countOf(seen[0]?.body ?? '')).toBe(3);
});

test('a mutation shares its body with nobody', async () => {
  const { transport, seen } = await open(answerAll);
  await Promise.all([query, mutation, query, mutation].map((request) => transport.execute(request, toInfo())));
  const bodies = seen.map(({ body }) => body).toSorted((a, b) => a.length - b.length);
  expect(bodies.slice(0, 2)).toEqual([mutation.body, mutation.body]);
  expect([bodies.length, countOf(bodies[2] ?? '')]).toEqual([3, 2]);
});

test('a body holds a named number of operations and bytes at most', async () => {
  const { transport, seen } = await open(answerAll);
  await Promise.all(Array.from({ length: BATCH_MAX + 2 }, () => transport.execute(query, toInfo())));
  expect(seen.map(({ body }) => countOf(body)).toSorted((a, b) => a - b)).toEqual([2, BATCH_MAX]);
  const large = createTransportRequest({
    query: '{ a }',
    operationName: undefined,
    operationType: OperationTypeNode.QUERY,
    variables: { text: 'x'.repeat(BATCH_BYTES_MAX / 2 - 1_000) },
  });
  await Promise.all([large, large, large].map((request) => transport.execute(request, toInfo())));
  const later = seen.slice(2).map(({ body }) => body.length);
  expect(later).toHaveLength(2);
  expect(Math.max(...later)).toBeLessThanOrEqual(BATCH_BYTES_MAX);
});

test('a slow operation holds up no other of its body', async () => {
  const { transport, happened } = await open((_request, response) => {
    answerFrames(response, [1]);
    happened.once('finish', () => {
      response.end(printFrame({ index: 0, status: 200 }, '{"data":{"a":"late"}}'));
    });
  });
  const [slow, quick] = ['a', 'b'].map((name) => transport.execute(ask(name), toInfo()));
  expect((await quick)?.read()).toEqual({ data: { a: 1 } });
  happened.emit('finish');
  expect((await slow)?.read()).toEqual({ data: { a: 'late' } });
});

test('a body that breaks off leaves what was answered answered, and asks again for the rest', async () => {
  const { transport, calls } = await open((request, response, count, body) => {
    if (count > 1) answerAll(request, response, count, body);
    else {
      answerFrames(response, [1]);
      response.write('{"index":0,"status":200}\n{"data":', () => request.socket.destroy());
    }
  });
  const answers = await Promise.all(['a', 'b', 'c'].map((name) => transport.execute(ask(name), toInfo())));
  expect(answers.map((answer) => answer.read().data?.a)).toEqual(['{ a }', 1, '{ c }']);
  expect(calls.map(({ retries }) => retries).toSorted()).toEqual([0, 1, 1]);
});

test('a body that ends without an answer to each, and one that is noise, leave those UNAVAILABLE', async () => {
  const noises: OddHandler[] = [
    (_request, response) => {
      answerFrames(response, [1, 7]);
      response.end('no head\n{}\n');
    },
    (_request, response) => void response.writeHead(200, batch).end('\n\n{"index":0}\n{}\n{"index":1,"status":200}\n'),
  ];
  const codes = [];
  for (const noise of noises) {
    const { transport } = await open(noise, { retriesMax: 0 });
    const answers = await Promise.all(['a', 'b'].map((name) => codeOf(transport.execute(ask(name), toInfo()))));
    codes.push(answers.map((code) => code && 'code' in code && code.code));
  }
  expect(codes).toEqual([
    ['UNAVAILABLE', undefined],
    ['UNAVAILABLE', 'UNAVAILABLE'],
  ]);
});

test('an answer over the size limit is no loss to the others, before it or after it', async () => {
  const { transport } = await open(
    (_request, response) => {
      answerFrames(response, [0]);
      response.write(printFrame({ index: 1, status: 200 }, `{"data":{"a":"${'x'.repeat(200_000)}"}}`));
      response.end(printFrame({ index: 2, status: 200 }, '{"data":{"a":2}}'));
    },
    { responseBytesMax: 100 },
  );
  const [first, large, last] = ['a', 'b', 'c'].map((name) => transport.execute(ask(name), toInfo()));
  expect([(await first)?.read().data, (await last)?.read().data]).toEqual([{ a: 0 }, { a: 2 }]);
  expect((await large)?.read().errors?.[0]?.extensions).toEqual({ code: 'UNAVAILABLE', responseBytesMax: 100 });
});

test('a whole body that finds nobody in service is asked again, each operation of it', async () => {
  const { transport, calls } = await open((request, response, count, body) => {
    if (count === 1) response.writeHead(503).end();
    else answerAll(request, response, count, body);
  });
  const answers = await Promise.all(['a', 'b'].map((name) => transport.execute(ask(name), toInfo())));
  expect(answers.map((answer) => answer.read().data)).toEqual([{ a: '{ a }' }, { a: '{ b }' }]);
  expect(calls.map(({ retries }) => retries)).toEqual([1, 1]);
});

test('who refuses a whole body refuses each operation in it', async () => {
  const errors = [{ message: 'no batches' }];
  const { transport, seen } = await open((_request, response) => answerJson(response, { errors }, 415));
  const answers = await Promise.all(['a', 'b'].map((name) => transport.execute(ask(name), toInfo())));
  expect(answers.map((answer) => answer.read())).toEqual([{ errors }, { errors }]);
  expect(seen).toHaveLength(1);
});

test('a body is given up when the last who waits for it has left, and not before', async () => {
  const { transport, happened, seen } = await open((_request, response) => answerFrames(response, [1]));
  const leaving = [new AbortController(), new AbortController()];
  const [asked, gone] = [once(happened, 'request'), once(happened, 'gone')];
  const [first, answered, last] = [leaving[0], null, leaving[1]].map((controller) =>
    transport.execute(query, toInfo(controller ? { signal: controller.signal } : {})),
  );
  const outcomes = [first, last].map((answer) => expect(answer).rejects.toThrow());
  await asked;
  leaving[0]?.abort();
  expect((await answered)?.read()).toEqual({ data: { a: 1 } });
  expect(transport.stats().running).toBe(1);
  leaving[1]?.abort();
  await Promise.all([...outcomes, gone]);
  expect(seen).toHaveLength(1);
});

test('who leaves before the turn ends is not sent', async () => {
  const { transport, seen } = await open(answerAll);
  const leaving = new AbortController();
  const left = expect(transport.execute(query, toInfo({ signal: leaving.signal }))).rejects.toThrow();
  const stayed = transport.execute(ask('b'), toInfo());
  leaving.abort();
  await left;
  await stayed;
  expect(seen.map(({ body }) => body)).toEqual([ask('b').body]);
});

test('the connection of an answered body is used again', async () => {
  const ports = new Set<number | undefined>();
  const { transport } = await open((request, response, count, body) => {
    ports.add(request.socket.remotePort);
    answerAll(request, response, count, body);
  });
  for (let turn = 0; turn < 3; turn++) {
    await Promise.all([transport.execute(query, toInfo()), transport.execute(query, toInfo())]);
  }
  expect(ports.size).toBe(1);
});

/** Posts a body of several operations to the sample subgraph as it is. */
async function postBatch(url: string, body: string, signal?: AbortSignal) {
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: batch, body, ...(signal && { signal }) });
  const text = await response.text();
  return { status: response.status, text };
}

function signedFrame(queryText: string, options: { identity?: typeof player | null; signedBody?: string } = {}) {
  const body = JSON.stringify({ query: queryText });
  const { identity = null, signedBody = body } = options;
  const signing = { identity, body: signedBody, method: 'POST', secret: identitySecret, clock: systemClock } as const;
  return printFrame({ identity: signIdentity(signing), correlationId: 'c' }, body);
}

/** Status and answer by index. */
function readAnswers(text: string) {
  const lines = text.split('\n').slice(0, -1);
  const answers: unknown[] = [];
  for (let at = 0; at < lines.length; at += 2) {
    const head = JSON.parse(lines[at] ?? '');
    answers[head.index] = [head.status, JSON.parse(lines[at + 1] ?? '')];
  }
  return answers;
}

test('each operation of a body is admitted by its own signature and runs for its own caller', async () => {
  const { url, stored } = await serveSample();
  const other = { ...player, userId: 'user_2' };
  const stolen = JSON.stringify({ query: '{ whoAmI }' });
  const frames = [
    signedFrame('{ whoAmI }', { identity: player }),
    signedFrame('{ whoAmI }', { identity: other }),
    signedFrame('{ hello }'),
    signedFrame('mutation { store(value: 1) }', { identity: player, signedBody: stolen }),
    printFrame({}, '{"query":"mutation { store(value: 2) }"}'),
    signedFrame('{ crash }'),
    signedFrame('{ nothing }'),
  ];
  const { status, text } = await postBatch(url, frames.join(''));
  const refused = [401, { errors: [expect.objectContaining({ extensions: { code: 'UNAUTHENTICATED' } })] }];
  expect(status).toBe(200);
  expect(readAnswers(text)).toEqual([
    [200, { data: { whoAmI: 'user_1' } }],
    [200, { data: { whoAmI: 'user_2' } }],
    [200, { data: { hello: 'hello world' } }],
    refused,
    refused,
    [200, expect.objectContaining({ data: { crash: null } })],
    [400, { errors: [expect.objectContaining({ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } })] }],
  ]);
  expect(stored).toEqual([]);
});

test('an operation that is no JSON, or a batch in itself, is refused alone', async () => {
  const { url } = await serveSample();
  const sign = (body: string) =>
    signIdentity({ identity: null, body, method: 'POST', secret: identitySecret, clock: systemClock });
  const bodies = ['{"query":', '[{"query":"{ hello }"}]', '{"query":"{ hello }"}'];
  const frames = bodies.map((body) => printFrame({ identity: sign(body) }, body));
  const { text } = await postBatch(url, frames.join(''));
  const refused = [400, { errors: [expect.objectContaining({ extensions: { code: 'BAD_REQUEST' } })] }];
  expect(readAnswers(text)).toEqual([refused, refused, [200, { data: { hello: 'hello world' } }]]);
});

test('a body that is no batch, or a too large one, is a bad request', async () => {
  const { url } = await serveSample();
  const noBatch = await postBatch(url, '{}\n');
  expect([noBatch.status, JSON.parse(noBatch.text)]).toMatchObject([
    400,
    { errors: [{ extensions: { code: 'BAD_REQUEST' } }] },
  ]);
  const tooLarge = await postBatch(url, 'x'.repeat(BATCH_BYTES_MAX + 1));
  expect(tooLarge.status).toBe(413);
});

test('a client that goes away aborts each operation of its body', async () => {
  const { url, happened } = await serveSample();
  const client = new AbortController();
  let [hanging, aborted] = [0, 0];
  const allHang = new Promise<void>((resolve) => happened.on('hanging', () => ++hanging === 2 && resolve()));
  const allAborted = new Promise<void>((resolve) => happened.on('aborted', () => ++aborted === 2 && resolve()));
  const asked = postBatch(url, signedFrame('{ hang }') + signedFrame('{ hang }'), client.signal);
  await allHang;
  client.abort();
  await expect(asked).rejects.toThrow();
  await allAborted;
});

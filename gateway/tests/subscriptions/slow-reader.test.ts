import { expect, test } from 'vitest';
import { createFanOut, type FanOutOptions } from '../../src/subscriptions/fan-out.ts';
import { answerRules, type StreamAnswer } from '../../src/subscriptions/stream-answer.ts';
import { createCountingObserver, createLiveGraph, read } from './live-graph.ts';

const numberOf = (answer: StreamAnswer) => JSON.parse(answer.body.toString()).data?.n ?? answer.ends;
const toAnswer = (n: number): StreamAnswer => ({
  body: Buffer.from(JSON.stringify({ data: { n } })),
  outcome: 'DATA',
  status: null,
  cacheControl: null,
});

function createNumbers(options: Partial<FanOutOptions<StreamAnswer>> = {}) {
  const state = { made: 0, isEnded: false };
  const { observer, counts } = createCountingObserver();
  async function* start(signal: AbortSignal) {
    while (!signal.aborted) yield toAnswer(++state.made);
    state.isEnded = true;
  }
  const limits = { itemsMax: 10, bytesMax: 100_000 };
  const common = { slowReader: 'close' as const, observer, onEnded: () => undefined, onRefused: () => undefined };
  const fanOut = createFanOut({ start, limits, rules: answerRules, ...common, ...options });
  return { state, counts, join: () => fanOut.join(new AbortController().signal) };
}

async function readMany(stream: AsyncGenerator<StreamAnswer>, count: number): Promise<unknown[]> {
  const numbers: unknown[] = [];
  while (numbers.length < count) {
    const { done, value } = await stream.next();
    if (done) break;
    numbers.push(numberOf(value));
  }
  return numbers;
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

test('a reader that falls behind another one is told that it was too slow, the other one misses nothing', async () => {
  const { join, counts, state } = createNumbers();
  const [slow, fast] = [join(), join()];
  expect(await readMany(slow, 1)).toEqual([1]);
  expect(await readMany(fast, 1_000)).toEqual(upTo(1_000));
  expect(counts).toMatchObject({ slowReaders: 1, streamsClosed: 1 });
  expect(await readMany(slow, 100)).toEqual(['TOO_SLOW']);
  await fast.return();
  expect(state.made).toBeLessThan(1_010);
});

test('bytes count as well as events, but a queue of one event is enough for who reads', async () => {
  const { join } = createNumbers({ limits: { itemsMax: 1_000, bytesMax: 60 } });
  const [slow, fast] = [join(), join()];
  await readMany(slow, 1);
  await readMany(fast, 10);
  expect(await readMany(slow, 100)).toEqual(['TOO_SLOW']);
  await fast.return();
  const tiny = createNumbers({ limits: { itemsMax: 1_000, bytesMax: 1 } }).join();
  expect(await readMany(tiny, 3)).toEqual(upTo(3));
  await tiny.return();
  const narrow = createNumbers({ limits: { itemsMax: 1, bytesMax: 100_000 } }).join();
  expect(await readMany(narrow, 10)).toEqual(upTo(10));
  await narrow.return();
});

test('a deployment says how much may wait for a client', async () => {
  const { subscribe, state } = createLiveGraph({ queue: { itemsMax: 8, bytesMax: 1_000_000 } });
  const [slow, fast] = [subscribe('subscription { counted }'), subscribe('subscription { counted }')];
  for (let i = 1; i <= 20; i++) expect(await read(fast)).toEqual({ data: { counted: i } });
  expect(await read(slow)).toMatchObject({ errors: [{ extensions: { code: 'TOO_SLOW', retryable: true } }] });
  expect(await read(slow)).toBeNull();
  expect(state.pulled).toBeGreaterThanOrEqual(20);
  await fast.return();
});

test('where only the newest counts, a slow reader gets that and stays', async () => {
  const { join, counts } = createNumbers({ slowReader: 'coalesce' });
  const [slow, fast] = [join(), join()];
  await readMany(slow, 1);
  const last = (await readMany(fast, 1_000)).at(-1) as number;
  const [next] = (await readMany(slow, 1)) as number[];
  expect(next).toBeGreaterThan(last - 20);
  expect(counts.slowReaders).toBeGreaterThan(10);
  expect(counts.streamsClosed).toBeUndefined();
  await Promise.all([slow.return(), fast.return()]);
});

test('a source that can wait waits for its only reader, who gets every event', async () => {
  const { subscribe, state } = createLiveGraph();
  const stream = subscribe('subscription { counted }');
  for (let i = 1; i <= 2_000; i++) expect(await read(stream)).toEqual({ data: { counted: i } });
  expect(state.pulled).toBeLessThan(2_010);
  await stream.return();
});

test('readers of whom none reads are given up after a while', async () => {
  const { join, counts, state } = createNumbers({ stalledMsMax: 1 });
  const stream = join();
  expect(await readMany(stream, 1)).toEqual([1]);
  while (!counts.slowReaders) await new Promise(setImmediate);
  const rest = await readMany(stream, 100);
  expect(rest.at(-1)).toBe('TOO_SLOW');
  expect(rest.length).toBeLessThan(10);
  while (!state.isEnded) await new Promise(setImmediate);
});

test('a source that breaks ends its readers with what broke it', async () => {
  const broken = new Error('broken');
  async function* start() {
    yield toAnswer(1);
    throw broken;
  }
  const { join } = createNumbers({ start });
  const streams = [join(), join()];
  for (const stream of streams) expect(await readMany(stream, 1)).toEqual([1]);
  for (const stream of streams) await expect(stream.next()).rejects.toBe(broken);
  for (const stream of streams) expect((await stream.next()).done).toBe(true);
});

test('a completion that fails is a masked answer, and the stream goes on', async () => {
  let calls = 0;
  const callFor = () => {
    calls += 1;
    if (calls === 1) throw new Error('a secret');
    return () => Promise.reject(new Error('unused'));
  };
  const { subscribe } = createLiveGraph({ callFor });
  const stream = subscribe('subscription { counted }');
  const failed = await read(stream);
  expect(failed).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] });
  expect(JSON.stringify(failed)).not.toContain('secret');
  expect(await read(stream)).toEqual({ data: { counted: 2 } });
  await stream.return();
});

test('a transport that throws gives a last answer, masked', async () => {
  const source = async function* () {
    yield { data: { counted: 1 } };
    throw new Error('a secret');
  };
  const stream = createLiveGraph({ subscribe: source }).subscribe('subscription { counted }');
  expect(await read(stream)).toEqual({ data: { counted: 1 } });
  const failed = await read(stream);
  expect(failed).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] });
  expect(JSON.stringify(failed)).not.toContain('secret');
  expect(await read(stream)).toBeNull();
});

import { silentLogger } from '@playgraph/kernel/logger';
import { createGate } from '@playgraph/testkit/gate';
import { expect, onTestFinished, test } from 'vitest';
import { type DomainEvent, topicOf } from '../src/event-log.ts';
import { createLocalEventLog, type LocalEventLogDeps } from '../src/local-event-log.ts';
import { createRecorder, nameOf } from './world.ts';

const topic = topicOf('order');
const retry = { firstMs: 1, maxMs: 2 };

function createLog(options: Partial<LocalEventLogDeps> = {}) {
  const log = createLocalEventLog({ logger: silentLogger, limits: { retry, attemptsMax: 3 }, ...options });
  onTestFinished(() => log.close());
  return log;
}

function event(seq: number, stream = 'order_1'): DomainEvent {
  return {
    id: `event_${stream}_${seq}`,
    stream,
    seq,
    type: 'order.happened',
    at: '2026-01-31T12:00:00.000Z',
    data: {},
  };
}

test('a publish resolves when every group has handled the events, and not before', async () => {
  const log = createLog();
  const gate = createGate();
  const handled = createRecorder<string>();
  await log.consume({ group: 'fast', topics: [topic], handle: async (it) => handled.add(`fast ${nameOf(it)}`) });
  const slowly = async (it: DomainEvent): Promise<void> => {
    await gate.opened;
    handled.add(`slow ${nameOf(it)}`);
  };
  await log.consume({ group: 'slow', topics: [topic], handle: slowly });
  let isPublished = false;
  const publishing = log.publish(topic, [event(1), event(2)]).then(() => {
    isPublished = true;
  });
  await handled.until((items) => items.length === 2);
  expect(isPublished).toBe(false);
  gate.open();
  await publishing;
  expect([...handled.items].sort()).toEqual(['fast order_1#1', 'fast order_1#2', 'slow order_1#1', 'slow order_1#2']);
});

test('a publish whose handler keeps failing is given up, and what waits behind it with it', async () => {
  const log = createLog();
  const tried = createRecorder<string>();
  let isBroken = true;
  const handle = async (it: DomainEvent): Promise<void> => {
    tried.add(nameOf(it));
    if (isBroken && it.seq === 1) throw new Error('broken');
  };
  await log.consume({ group: 'one', topics: [topic], handle });
  const outcomes = await Promise.allSettled([
    log.publish(topic, [event(1), event(2)]),
    log.publish(topic, [event(3)]),
    log.publish(topic, [event(2, 'order_2')]),
  ]);
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  expect(tried.items.filter((name) => name.startsWith('order_1'))).toEqual(['order_1#1', 'order_1#1', 'order_1#1']);
  isBroken = false;
  await log.publish(topic, [event(1), event(2), event(3)]);
  expect(tried.items.slice(-3)).toEqual(['order_1#1', 'order_1#2', 'order_1#3']);
});

test('a publish whose handler does not come back is given up in time, and its repetition joins that handler', async () => {
  const log = createLog({ publishMsMax: 1 });
  const gate = createGate();
  let begun = 0;
  const handle = async (): Promise<void> => {
    begun++;
    await gate.opened;
  };
  await log.consume({ group: 'one', topics: [topic], handle });
  for (let i = 0; i < 3; i++) await expect(log.publish(topic, [event(1)])).rejects.toThrow('not handled within');
  expect(begun).toBe(1);
  gate.open();
});

test('more than may wait in a stream is refused', async () => {
  const log = createLog({ limits: { retry, waitingMax: 2 } });
  const gate = createGate();
  await log.consume({ group: 'one', topics: [topic], handle: () => gate.opened });
  const waiting = log.publish(topic, [event(1), event(2)]);
  await expect(log.publish(topic, [event(3)])).rejects.toThrow('too much waits');
  gate.open();
  await waiting;
  await log.publish(topic, [event(3)]);
});

test('a log that is held delivers nothing until it is released', async () => {
  const log = createLog({ isHeld: true });
  const handled = createRecorder<string>();
  const publishing = log.publish(topic, [event(1)]);
  // The group comes after the publish, as at a start with rows left behind, and misses nothing.
  await log.consume({ group: 'late', topics: [topic], handle: async (it) => handled.add(nameOf(it)) });
  expect(handled.items).toEqual([]);
  log.release();
  await publishing;
  expect(handled.items).toEqual(['order_1#1']);
});

test('a group that closed misses nothing: publishes are refused until it consumes again', async () => {
  const log = createLog();
  const handled = createRecorder<string>();
  const handle = async (it: DomainEvent): Promise<void> => handled.add(nameOf(it));
  const consumer = await log.consume({ group: 'one', topics: [topic], handle });
  await consumer.close();
  await expect(log.publish(topic, [event(1)])).rejects.toThrow('closed');
  await log.consume({ group: 'one', topics: [topic], handle });
  await log.publish(topic, [event(1)]);
  expect(handled.items).toEqual(['order_1#1']);
});

test('closing a consumer waits for the handler that runs, and gives up what waits behind it', async () => {
  const log = createLog();
  const [begun, mayEnd] = [createGate(), createGate()];
  const handled = createRecorder<string>();
  const handle = async (it: DomainEvent): Promise<void> => {
    begun.open();
    await mayEnd.opened;
    handled.add(nameOf(it));
  };
  const consumer = await log.consume({ group: 'one', topics: [topic], handle });
  const publishing = log.publish(topic, [event(1), event(2)]);
  const refused = expect(publishing).rejects.toThrow('not handled');
  await begun.opened;
  const closing = consumer.close();
  mayEnd.open();
  await closing;
  await refused;
  expect(handled.items).toEqual(['order_1#1']);
});

test('two consumers of one group at the same time are a mistake, and a closed log takes nothing', async () => {
  const log = createLog();
  const handle = async (): Promise<void> => undefined;
  await log.consume({ group: 'one', topics: [topic], handle });
  await expect(log.consume({ group: 'one', topics: [topicOf('game')], handle })).rejects.toThrow('consumes already');
  await log.close();
  await expect(log.publish(topic, [event(1)])).rejects.toThrow('closed');
});

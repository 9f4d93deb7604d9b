import { type DomainEvent, type EventLog, topicOf } from '@playgraph/events/event-log';
import { expect, test } from 'vitest';
import { createGate } from '../gate.ts';
import { closedAfterEach } from './worlds.ts';

/** An event log under test. Every test gets a new one. */
export type EventLogWorld = {
  readonly log: EventLog;
  /** Closes the log, and what was opened for it. */
  close(): Promise<void>;
};

/**
 * The promises of the `EventLog` port, for the implementation that `create` opens. Nothing is assumed about when
 * `publish` resolves, but that the events are taken over by then.
 */
export function describeEventLog(name: string, create: () => Promise<EventLogWorld>): void {
  const openWorld = closedAfterEach(create);
  const open = async (): Promise<EventLog> => (await openWorld()).log;

  test(`${name}: every group gets every event of its topics, and nothing of others`, async () => {
    const log = await open();
    const [one, two, three] = [recorder(), recorder(), recorder()];
    await log.consume({ group: 'one', topics: [topicOf('order')], handle: one.handle });
    await log.consume({ group: 'two', topics: [topicOf('order'), topicOf('game')], handle: two.handle });
    await log.consume({ group: 'three', topics: [topicOf('game')], handle: three.handle });
    await log.publish(topicOf('order'), [event('order_1', 1)]);
    await log.publish(topicOf('game'), [event('game_1', 1)]);
    await Promise.all([one.until('order_1#1'), two.until('order_1#1', 'game_1#1'), three.until('game_1#1')]);
    expect(one.seen).toEqual(['order_1#1']);
    expect([...two.seen].sort()).toEqual(['game_1#1', 'order_1#1']);
    expect(three.seen).toEqual(['game_1#1']);
  });

  test(`${name}: an event arrives as it was published`, async () => {
    const log = await open();
    const sent: DomainEvent = { ...event('order_1', 1), data: { totalMinor: '4999', games: ['a', 'ü€'], gone: null } };
    const arrived: DomainEvent[] = [];
    const group = recorder(async (it) => void arrived.push(it));
    await log.consume({ group: 'one', topics: [topicOf('order')], handle: group.handle });
    await log.publish(topicOf('order'), [sent]);
    await group.until('order_1#1');
    expect(arrived).toEqual([sent]);
  });

  test(`${name}: the events of a stream are handled in order and one at a time, across publishes`, async () => {
    const log = await open();
    let running = 0;
    let runningMax = 0;
    const group = recorder(async () => {
      runningMax = Math.max(runningMax, ++running);
      await turn();
      running--;
    });
    await log.consume({ group: 'one', topics: [topicOf('order')], handle: group.handle });
    const events = Array.from({ length: 30 }, (_, i) => event('order_1', i + 1));
    for (let from = 0; from < events.length; from += 7)
      await log.publish(topicOf('order'), events.slice(from, from + 7));
    await group.until('order_1#30');
    expect(group.seen).toEqual(events.map((_, i) => `order_1#${i + 1}`));
    expect(runningMax).toBe(1);
  });

  test(`${name}: a stream that is being handled does not hold up another`, async () => {
    const log = await open();
    const gate = createGate();
    const group = recorder(async (it) => {
      if (it.stream === 'order_slow') await gate.opened;
    });
    await log.consume({ group: 'one', topics: [topicOf('order')], handle: group.handle });
    const slow = log.publish(topicOf('order'), [event('order_slow', 1)]);
    await log.publish(topicOf('order'), [event('order_fast', 1)]);
    await group.until('order_fast#1');
    expect(group.seen).toEqual(['order_fast#1']);
    gate.open();
    await slow;
    await group.until('order_slow#1');
  });

  test(`${name}: a handler that throws gets the same event again, and the events after it wait`, async () => {
    const log = await open();
    const tried: string[] = [];
    const group = recorder(async (it) => {
      tried.push(nameOf(it));
      if (it.seq === 1 && tried.length < 3) throw new Error('not yet');
    });
    await log.consume({ group: 'one', topics: [topicOf('order')], handle: group.handle });
    await log.publish(topicOf('order'), [event('order_1', 1), event('order_1', 2)]);
    await group.until('order_1#2');
    expect(tried).toEqual(['order_1#1', 'order_1#1', 'order_1#1', 'order_1#2']);
  });

  test(`${name}: a group that fails does not keep another from its events`, async () => {
    const log = await open();
    let failures = 0;
    const bad = recorder(async () => {
      if (++failures < 3) throw new Error('not yet');
    });
    const good = recorder();
    await log.consume({ group: 'bad', topics: [topicOf('order')], handle: bad.handle });
    await log.consume({ group: 'good', topics: [topicOf('order')], handle: good.handle });
    await log.publish(topicOf('order'), [event('order_1', 1)]);
    await Promise.all([good.until('order_1#1'), bad.until('order_1#1')]);
    expect(good.seen).toEqual(['order_1#1']);
  });

  test(`${name}: a consumer that closed is called no more`, async () => {
    const log = await open();
    const [gone, staying] = [recorder(), recorder()];
    const consumer = await log.consume({ group: 'gone', topics: [topicOf('order')], handle: gone.handle });
    await log.consume({ group: 'staying', topics: [topicOf('order')], handle: staying.handle });
    await log.publish(topicOf('order'), [event('order_1', 1)]);
    await Promise.all([gone.until('order_1#1'), staying.until('order_1#1')]);
    await consumer.close();
    // Whether this is taken over without `gone` or refused until it is back is the implementation's choice.
    await log.publish(topicOf('order'), [event('order_1', 2)]).catch(() => undefined);
    await staying.until('order_1#2');
    expect(gone.seen).toEqual(['order_1#1']);
  });
}

/** Handles events, and says what it has handled. */
function recorder(handle: (event: DomainEvent) => Promise<void> = async () => undefined) {
  const seen: string[] = [];
  const waiting = new Set<() => void>();
  return {
    /** `<stream>#<seq>` of every event handled so far. */
    seen: seen as readonly string[],
    handle: async (it: DomainEvent): Promise<void> => {
      await handle(it);
      seen.push(nameOf(it));
      for (const check of [...waiting]) check();
    },
    /** Resolves when all of `names` were handled. */
    until: (...names: string[]): Promise<void> =>
      new Promise((resolve) => {
        const check = (): void => {
          if (names.every((name) => seen.includes(name))) resolve();
        };
        waiting.add(check);
        check();
      }),
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function event(stream: string, seq: number): DomainEvent {
  return { id: `event_${stream}_${seq}`, stream, seq, type: 'test.happened', at: '2026-01-31T12:00:00.000Z', data: {} };
}

function nameOf(it: DomainEvent): string {
  return `${it.stream}#${it.seq}`;
}

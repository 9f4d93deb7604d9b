import type { HotStore } from '@playgraph/cache/hot-store';
import { expect, test } from 'vitest';
import { describeRanks } from './hot-store-ranks.ts';
import { closedAfterEach } from './worlds.ts';

/** A hot store under test. Every test gets a new one, and its own keys. */
export type HotStoreWorld = {
  readonly hot: HotStore;
  /** Lets `ms` go by for the store: a manual clock is advanced, a real one waited for. Suites ask for little. */
  pass(ms: number): Promise<void>;
  /** Closes the store, and what was opened for it. */
  close(): Promise<void>;
};

/** Long enough for slow machines to stay within, short enough to wait for. */
const TTL_MS = 200;
const LONG_MS = 60_000;
const RIVALS = 50;

/** The promises of the `HotStore` port, for the implementation that `create` opens. */
export function describeHotStore(name: string, create: () => Promise<HotStoreWorld>): void {
  const open = closedAfterEach(create);
  describeKeyValues(name, open);
  describeRateLimits(name, open);
  describeReservations(name, open);
  describeRanks(name, open);
  describePubSub(name, open);
}

type Open = () => Promise<HotStoreWorld>;

function describeKeyValues(name: string, open: Open): void {
  test(`${name}: values come back in the order of the keys, null where there is none`, async () => {
    const { hot } = await open();
    await hot.mset(
      [
        ['a', '1'],
        ['b', ''],
      ],
      LONG_MS,
    );
    expect(await hot.mget(['b', 'missing', 'a', 'b'])).toEqual(['', null, '1', '']);
    expect(await hot.mget([])).toEqual([]);
  });

  test(`${name}: a later value replaces an earlier one, and a deleted one is gone`, async () => {
    const { hot } = await open();
    await hot.mset(
      [
        ['a', 'old'],
        ['b', 'kept'],
      ],
      LONG_MS,
    );
    await hot.mset([['a', 'new']], LONG_MS);
    expect(await hot.mget(['a', 'b'])).toEqual(['new', 'kept']);
    await hot.delete(['a', 'missing']);
    expect(await hot.mget(['a', 'b'])).toEqual([null, 'kept']);
  });

  test(`${name}: a value is gone when its time to live is over, and a new one counts from its own start`, async () => {
    const { hot, pass } = await open();
    await hot.mset(
      [
        ['short', 'x'],
        ['renewed', 'x'],
      ],
      TTL_MS,
    );
    await hot.mset(
      [
        ['long', 'y'],
        ['renewed', 'z'],
      ],
      LONG_MS,
    );
    await pass(TTL_MS);
    expect(await hot.mget(['short', 'renewed', 'long'])).toEqual([null, 'z', 'y']);
  });

  test(`${name}: of many who set an absent key one wins, and nobody does until it has expired`, async () => {
    const { hot, pass } = await open();
    const names = Array.from({ length: RIVALS }, (_, i) => `rival ${i}`);
    const outcomes = await Promise.all(names.map((rival) => hot.setIfAbsent('lock', rival, TTL_MS)));
    const winners = names.filter((_, i) => outcomes[i]);
    expect(winners).toHaveLength(1);
    expect(await hot.mget(['lock'])).toEqual(winners);
    await pass(TTL_MS);
    expect(await hot.setIfAbsent('lock', 'later', LONG_MS)).toBe(true);
    expect(await hot.setIfAbsent('lock', 'too late', LONG_MS)).toBe(false);
    expect(await hot.mget(['lock'])).toEqual(['later']);
  });
}

function describeRateLimits(name: string, open: Open): void {
  // One token in a minute: what a slow test run refills does not count.
  const bucket = { key: 'limit', capacity: 3, refillPerSecond: 1 / 60, cost: 1 };

  test(`${name}: a token bucket starts full, and of many who take at once only as many get in as it holds`, async () => {
    const { hot } = await open();
    const answers = await Promise.all(Array.from({ length: RIVALS }, () => hot.takeTokens(bucket)));
    const allowed = answers.filter((answer) => answer.isAllowed);
    expect(allowed.map((answer) => answer.remaining).sort()).toEqual([0, 1, 2]);
    expect(allowed.every((answer) => answer.retryAfterMs === 0)).toBe(true);
  });

  test(`${name}: a refusal takes nothing and says when there will be enough`, async () => {
    const { hot, pass } = await open();
    const fast = { key: 'fast', capacity: 10, refillPerSecond: 50 };
    expect((await hot.takeTokens({ ...fast, cost: 10 })).isAllowed).toBe(true);
    const refused = await hot.takeTokens({ ...fast, cost: 10 });
    expect(refused.isAllowed).toBe(false);
    expect(refused.retryAfterMs).toBeGreaterThan(0);
    expect(refused.retryAfterMs).toBeLessThanOrEqual(TTL_MS);
    await pass(refused.retryAfterMs);
    expect((await hot.takeTokens({ ...fast, cost: 10 })).isAllowed).toBe(true);
  });

  test(`${name}: buckets do not know of each other`, async () => {
    const { hot } = await open();
    await hot.takeTokens({ ...bucket, cost: 3 });
    expect((await hot.takeTokens(bucket)).isAllowed).toBe(false);
    expect(await hot.takeTokens({ ...bucket, key: 'other' })).toMatchObject({ isAllowed: true, remaining: 2 });
  });
}

function describeReservations(name: string, open: Open): void {
  test(`${name}: a counter that was never loaded is unknown, and nothing comes of reserving or releasing`, async () => {
    const { hot } = await open();
    expect(await hot.available('stock')).toBeNull();
    expect(await hot.reserve('stock', 'ada', 1)).toBe('UNKNOWN');
    expect(await hot.release('stock', 'ada')).toBe(0);
    expect(await hot.available('stock')).toBeNull();
  });

  test(`${name}: of many who reserve at once exactly as many get one as there are`, async () => {
    const { hot } = await open();
    await hot.setAvailable('stock', 7);
    const holders = Array.from({ length: RIVALS }, (_, i) => `holder ${i}`);
    const outcomes = await Promise.all(holders.map((holder) => hot.reserve('stock', holder, 1)));
    expect(outcomes.filter((outcome) => outcome === 'RESERVED')).toHaveLength(7);
    expect(outcomes.filter((outcome) => outcome === 'SOLD_OUT')).toHaveLength(RIVALS - 7);
    expect(await hot.available('stock')).toBe(0);
  });

  test(`${name}: the same holder again changes nothing and gets the same answer`, async () => {
    const { hot } = await open();
    await hot.setAvailable('stock', 3);
    await Promise.all(Array.from({ length: RIVALS }, () => hot.reserve('stock', 'ada', 2)));
    expect(await hot.reserve('stock', 'ada', 3)).toBe('RESERVED');
    expect(await hot.available('stock')).toBe(1);
    expect(await hot.reserve('stock', 'bob', 2)).toBe('SOLD_OUT');
    expect(await hot.available('stock')).toBe(1);
  });

  test(`${name}: what is held is given back once, and can be reserved again`, async () => {
    const { hot } = await open();
    await hot.setAvailable('stock', 2);
    await hot.reserve('stock', 'ada', 2);
    const given = await Promise.all(Array.from({ length: RIVALS }, () => hot.release('stock', 'ada')));
    expect(given.filter((amount) => amount !== 0)).toEqual([2]);
    expect(await hot.available('stock')).toBe(2);
    expect(await hot.reserve('stock', 'ada', 1)).toBe('RESERVED');
    expect(await hot.available('stock')).toBe(1);
  });

  test(`${name}: loading a counter forgets its holders`, async () => {
    const { hot } = await open();
    await hot.setAvailable('stock', 1);
    await hot.reserve('stock', 'ada', 1);
    await hot.setAvailable('stock', 5);
    expect(await hot.release('stock', 'ada')).toBe(0);
    expect(await hot.available('stock')).toBe(5);
  });
}

function describePubSub(name: string, open: Open): void {
  const inbox = () => {
    const heard: string[] = [];
    let check = (): void => undefined;
    return {
      heard,
      hear: (message: string): void => {
        heard.push(message);
        check();
      },
      until: (message: string): Promise<void> =>
        new Promise((resolve) => {
          check = () => heard.includes(message) && resolve();
          check();
        }),
    };
  };

  test(`${name}: every listener hears what is published after it subscribed, in order, and nothing else`, async () => {
    const { hot } = await open();
    const [ada, bob, other] = [inbox(), inbox(), inbox()];
    await hot.publish('news', 'before');
    await hot.subscribe('news', ada.hear);
    await hot.subscribe('news', bob.hear);
    await hot.subscribe('other', other.hear);
    for (const message of ['1', '2', '3']) await hot.publish('news', message);
    await Promise.all([ada.until('3'), bob.until('3')]);
    await hot.publish('other', 'end');
    await other.until('end');
    expect([ada.heard, bob.heard, other.heard]).toEqual([['1', '2', '3'], ['1', '2', '3'], ['end']]);
  });

  test(`${name}: who unsubscribed hears nothing more, the others still do`, async () => {
    const { hot } = await open();
    const [ada, bob] = [inbox(), inbox()];
    const unsubscribe = await hot.subscribe('news', ada.hear);
    await hot.subscribe('news', bob.hear);
    await hot.publish('news', '1');
    await Promise.all([ada.until('1'), bob.until('1')]);
    await unsubscribe();
    await unsubscribe();
    await hot.publish('news', '2');
    await bob.until('2');
    expect(ada.heard).toEqual(['1']);
  });

  test(`${name}: one function that subscribed twice hears twice, and once after one of them ended`, async () => {
    const { hot } = await open();
    const ada = inbox();
    const unsubscribe = await hot.subscribe('news', ada.hear);
    await hot.subscribe('news', ada.hear);
    await hot.publish('news', '1');
    await unsubscribe();
    await hot.publish('news', 'last');
    await ada.until('last');
    expect(ada.heard.filter((message) => message === 'last')).toHaveLength(1);
  });
}

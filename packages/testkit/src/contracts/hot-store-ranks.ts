import type { RankedMember, Ranks } from '@playgraph/cache/hot-store';
import { createSeededRandom } from '@playgraph/kernel/random';
import { expect, test } from 'vitest';

const LIMIT = 1_000;
const ROUNDS = 60;

/** The promises of `Ranks`, part of `describeHotStore`. */
export function describeRanks(name: string, open: () => Promise<{ readonly hot: Ranks }>): void {
  test(`${name}: rank 1 has the highest score, and equal scores go by member`, async () => {
    const { hot } = await open();
    await hot.setScores('board', [
      { member: 'cleo', score: 5 },
      { member: 'bob', score: 9 },
      { member: 'ada', score: 5 },
      { member: 'dan', score: -3 },
    ]);
    const all: RankedMember[] = [
      { member: 'bob', score: 9, rank: 1 },
      { member: 'ada', score: 5, rank: 2 },
      { member: 'cleo', score: 5, rank: 3 },
      { member: 'dan', score: -3, rank: 4 },
    ];
    expect(await hot.rangeByRank('board', 1, LIMIT)).toEqual(all);
    expect(await hot.rangeByRank('board', 2, 2)).toEqual(all.slice(1, 3));
    expect(await hot.rangeByRank('board', 5, LIMIT)).toEqual([]);
    expect(await hot.rangeByRank('board', 1, 0)).toEqual([]);
    expect(await hot.rankOf('board', ['dan', 'nobody', 'bob'])).toEqual([all[3], null, all[0]]);
    expect(await hot.countMembers('board')).toBe(4);
  });

  test(`${name}: a new score replaces the old one, and the last of two in one call counts`, async () => {
    const { hot } = await open();
    await hot.setScores('board', [
      { member: 'ada', score: 10 },
      { member: 'bob', score: 7 },
    ]);
    await hot.setScores('board', [
      { member: 'ada', score: 99 },
      { member: 'ada', score: 1 },
    ]);
    expect(await hot.rangeByRank('board', 1, LIMIT)).toEqual([
      { member: 'bob', score: 7, rank: 1 },
      { member: 'ada', score: 1, rank: 2 },
    ]);
  });

  test(`${name}: the largest and smallest scores are kept exactly, and what is no integer is refused`, async () => {
    const { hot } = await open();
    const scores = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1, 0, Number.MIN_SAFE_INTEGER];
    await hot.setScores('board', scores.map((score, i) => ({ member: `m${i}`, score })).reverse());
    expect((await hot.rangeByRank('board', 1, LIMIT)).map((ranked) => ranked.score)).toEqual(scores);
    for (const bad of [0.5, Number.NaN, 2 ** 53]) {
      await expect(
        hot.setScores('board', [
          { member: 'new', score: 1 },
          { member: 'm0', score: bad },
        ]),
      ).rejects.toThrow();
    }
    expect(await hot.countMembers('board')).toBe(scores.length);
  });

  test(`${name}: a set that is unknown or was deleted is empty, and others are not touched`, async () => {
    const { hot } = await open();
    await hot.setScores('board', [{ member: 'ada', score: 1 }]);
    await hot.setScores('other', [{ member: 'bob', score: 2 }]);
    await hot.deleteRanks('board');
    await hot.deleteRanks('unknown');
    expect(await hot.countMembers('board')).toBe(0);
    expect(await hot.rangeByRank('board', 1, LIMIT)).toEqual([]);
    expect(await hot.rankOf('board', ['ada'])).toEqual([null]);
    expect(await hot.rangeByRank('other', 1, LIMIT)).toEqual([{ member: 'bob', score: 2, rank: 1 }]);
  });

  test(`${name}: whatever is put in whatever order, ranks agree with a plain sort`, async () => {
    const { hot } = await open();
    const random = createSeededRandom('ranks');
    const model = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round++) {
      const count = 1 + random.int(random.int(4) === 0 ? 200 : 3);
      const scores = Array.from({ length: count }, () => ({
        member: `m${random.int(300)}`,
        score: random.int(40) - 20,
      }));
      await hot.setScores('board', scores);
      for (const { member, score } of scores) model.set(member, score);
      const expected = sortPlainly(model);
      expect(await hot.rangeByRank('board', 1, LIMIT)).toEqual(expected);
      const sample = expected[random.int(expected.length)];
      expect(await hot.rankOf('board', [sample?.member ?? ''])).toEqual([sample]);
    }
  });
}

function sortPlainly(model: ReadonlyMap<string, number>): RankedMember[] {
  return Array.from(model, ([member, score]) => ({ member, score }))
    .sort((left, right) => right.score - left.score || (left.member < right.member ? -1 : 1))
    .map((scored, i) => ({ ...scored, rank: i + 1 }));
}

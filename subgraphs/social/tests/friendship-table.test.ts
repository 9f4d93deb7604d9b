import { expect, test } from 'vitest';
import {
  type FriendshipAction,
  friendshipTable,
  mirrorOf,
  moveTo,
  type Standing,
  standingOf,
} from '../src/domain/friendship.ts';

const standings = Object.keys(friendshipTable.request) as Standing[];
const actions = Object.keys(friendshipTable) as FriendshipAction[];
const ownOf = (standing: Standing): string => standing.slice(0, standing.indexOf(':'));
const otherOf = (standing: Standing): string => standing.slice(standing.indexOf(':') + 1);

test('every action in every standing leads to a standing that exists from both sides', () => {
  for (const action of actions) {
    expect(Object.keys(friendshipTable[action]).sort()).toEqual([...standings].sort());
    for (const standing of standings) {
      const outcome = friendshipTable[action][standing];
      if (!('to' in outcome)) continue;
      expect(standings).toContain(outcome.to);
      expect(standings).toContain(`${otherOf(outcome.to)}:${ownOf(outcome.to)}`);
    }
  }
});

test('a block never shows in what comes back to the blocked one', () => {
  const twins = [
    ['NONE:NONE', 'NONE:BLOCKED'],
    ['REQUEST_SENT:REQUEST_RECEIVED', 'REQUEST_SENT:BLOCKED'],
  ] as const;
  for (const action of actions) {
    for (const [open, blocked] of twins) {
      const seen = [open, blocked].map((standing) => {
        const outcome = friendshipTable[action][standing];
        return 'to' in outcome ? ownOf(outcome.to) : outcome.refusal;
      });
      expect(seen[1], `${action} in ${blocked}`).toBe(seen[0]);
    }
  }
});

test('what a player does changes the other side only towards what the other may learn', () => {
  for (const standing of standings.filter((one) => otherOf(one) === 'BLOCKED')) {
    for (const action of actions) {
      const outcome = friendshipTable[action][standing];
      if ('to' in outcome) expect(otherOf(outcome.to), `${action} in ${standing}`).toBe('BLOCKED');
    }
  }
});

test('a block is lifted only by the one who put it up', () => {
  for (const standing of standings) {
    const outcome = friendshipTable.unblock[standing];
    expect('to' in outcome ? 'LIFTED' : outcome.refusal, standing).toBe(
      ownOf(standing) === 'BLOCKED' ? 'LIFTED' : 'NOT_BLOCKED',
    );
  }
});

test('only a request that is answered, or crossed by another, makes friends', () => {
  const making = actions.flatMap((action) =>
    standings.flatMap((standing) => {
      const outcome = friendshipTable[action][standing];
      const isMaking = 'to' in outcome && outcome.to === 'FRIENDS:FRIENDS' && standing !== 'FRIENDS:FRIENDS';
      return isMaking ? [`${action} in ${standing}`] : [];
    }),
  );
  expect(making).toEqual(['request in REQUEST_RECEIVED:REQUEST_SENT', 'accept in REQUEST_RECEIVED:REQUEST_SENT']);
});

test('the side that does not change keeps its time', () => {
  const [then, now] = [new Date(1), new Date(2)];
  const asked = {
    userId: 'user_a',
    otherId: 'user_b',
    friendshipId: 'f',
    side: 'REQUEST_RECEIVED',
    otherSide: 'REQUEST_SENT',
    since: then,
    otherSince: then,
    version: 1,
  } as const;
  const blocked = moveTo(asked, 'BLOCKED:REQUEST_SENT', now);
  expect(blocked).toMatchObject({ since: now, otherSince: then, version: 2 });
  expect(standingOf(mirrorOf(blocked))).toBe('REQUEST_SENT:BLOCKED');
  expect(() => standingOf({ side: 'FRIENDS', otherSide: 'NONE' })).toThrow(TypeError);
});

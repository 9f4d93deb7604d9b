import { bucketOf, bucketOfName } from '@playgraph/kernel/ids';
import { ADA_AND_GRACE, GROUP_TITLES, OPENERS, REPLIES } from './demo-texts.ts';
import type { DemoConversation, DemoFriendship, DemoPlayer } from './demo-world.ts';
import { createStory, type Story } from './seeded-story.ts';

/** What a player's friendships with those who joined the list earlier brought about. */
export type Circle = {
  readonly friendships: readonly DemoFriendship[];
  readonly conversations: readonly DemoConversation[];
};

const MINUTE_MS = 60_000;
/** Friends are found among the players this far back in the list. */
const NEIGHBOURS = 60;
const FRIENDS_MAX = 4;
/** The first players know ada and grace more often, so that their pages are full. */
const EARLY_PLAYERS = 40;
const KNOWS_FIRST_PERCENT = 45;
const TALKS_PERCENT = 40;
const GROUP_PERCENT = 12;
const GROUP_FRIENDS_MIN = 2;
const MESSAGES_MAX = 9;
/** The longest pause between two messages. */
const PAUSE_MINUTES_MAX = 300;
/** Nobody writes later than this before the world's present. */
const QUIET_MS = 10 * MINUTE_MS;

/** The friends of player `index` among the players before, and what they talk about: the same in a larger world. */
export function inventCircle(
  seed: string,
  players: readonly DemoPlayer[],
  { index, now }: { readonly index: number; readonly now: Date },
): Circle {
  const player = players[index];
  if (!player || index === 0) return { friendships: [], conversations: [] };
  const story = createStory(`${seed} circle ${index}`);
  const endMs = now.getTime() - QUIET_MS;
  const friends = chooseFriends(story, index).flatMap((other) => players[other] ?? []);
  const friendships = friends.map((friend) => befriend(story, [player, friend], endMs));
  const conversations: DemoConversation[] = [];
  for (const friendship of friendships) {
    const isFirst = index === 1;
    if (isFirst || story.chance(TALKS_PERCENT)) {
      const lines = isFirst ? ADA_AND_GRACE : inventLines(story);
      conversations.push(talkDirectly(story, friendship, { lines, endMs }));
    }
  }
  if (friends.length >= GROUP_FRIENDS_MIN && story.chance(GROUP_PERCENT)) {
    conversations.push(talkInGroup(story, { members: [player, ...friends], friendships, endMs }));
  }
  return { friendships, conversations };
}

function chooseFriends(story: Story, index: number): number[] {
  if (index === 1) return [0];
  const chosen = new Set<number>();
  const lowest = Math.max(0, index - NEIGHBOURS);
  const wanted = Math.min(story.between(1, FRIENDS_MAX), index - lowest);
  while (chosen.size < wanted) chosen.add(story.between(lowest, index - 1));
  for (const first of [0, 1]) if (index < EARLY_PLAYERS && story.chance(KNOWS_FIRST_PERCENT)) chosen.add(first);
  return [...chosen];
}

/** Friendships lie with the pair's lower id. */
function befriend(story: Story, pair: readonly [DemoPlayer, DemoPlayer], endMs: number): DemoFriendship {
  const [player, friend] = pair;
  const metMs = Math.max(player.joinedAt.getTime(), friend.joinedAt.getTime());
  const acceptedAt = new Date(metMs + Math.floor((endMs - metMs) * 0.6 * story.fraction()));
  const [requester, addressee] = story.chance(50) ? [player, friend] : [friend, player];
  const [lowId] = [player.id, friend.id].sort();
  return {
    id: story.idAt('friendship', acceptedAt, bucketOf(lowId ?? player.id)),
    requesterId: requester.id,
    addresseeId: addressee.id,
    acceptedAt,
  };
}

/** A direct conversation lies where the pair's key does. */
function talkDirectly(
  story: Story,
  friendship: DemoFriendship,
  talk: { readonly lines: readonly string[]; readonly endMs: number },
): DemoConversation {
  const memberIds = [friendship.requesterId, friendship.addresseeId].sort();
  const begunMs = pointBetween(story, friendship.acceptedAt.getTime(), talk.endMs);
  const id = story.idAt('conversation', new Date(begunMs), bucketOfName(memberIds.join(':')));
  return { id, title: null, memberIds, messages: write(story, { id, memberIds, begunMs, ...talk }) };
}

function talkInGroup(
  story: Story,
  group: {
    readonly members: readonly DemoPlayer[];
    readonly friendships: readonly DemoFriendship[];
    readonly endMs: number;
  },
): DemoConversation {
  const memberIds = group.members.map((member) => member.id);
  const latestMs = Math.max(...group.friendships.map((friendship) => friendship.acceptedAt.getTime()));
  const begunMs = pointBetween(story, latestMs, group.endMs);
  const id = story.idAt('conversation', new Date(begunMs));
  const lines = inventLines(story);
  const messages = write(story, { id, memberIds, begunMs, lines, endMs: group.endMs });
  return { id, title: story.pick(GROUP_TITLES), memberIds, messages };
}

function inventLines(story: Story): string[] {
  const count = story.between(2, MESSAGES_MAX);
  return Array.from({ length: count }, (_, n) => story.pick(n === 0 ? OPENERS : REPLIES));
}

/** The lines in turn by the members, each a while after the one before. */
function write(
  story: Story,
  talk: {
    readonly id: string;
    readonly memberIds: readonly string[];
    readonly lines: readonly string[];
    readonly begunMs: number;
    readonly endMs: number;
  },
): DemoConversation['messages'] {
  const { id, memberIds, lines, begunMs, endMs } = talk;
  const pauseMsMax = Math.min(PAUSE_MINUTES_MAX * MINUTE_MS, (endMs - begunMs) / lines.length);
  let sentMs = begunMs;
  return lines.map((body, n) => {
    sentMs += Math.max(1, Math.floor(pauseMsMax * story.fraction()));
    const sentAt = new Date(sentMs);
    const senderId = memberIds[n % memberIds.length] ?? '';
    return { id: story.idAt('message', sentAt, bucketOf(id)), senderId, body, sentAt };
  });
}

/** In the first nine tenths, so that there is time left to talk. */
function pointBetween(story: Story, fromMs: number, toMs: number): number {
  return fromMs + Math.floor((toMs - fromMs) * 0.9 * story.fraction());
}

import { bucketOf } from '@playgraph/kernel/ids';
import type { DemoOrder, DemoScore } from './demo-world.ts';
import type { Story } from './seeded-story.ts';

const HOUR_MS = 60 * 60_000;
/** How many of the games that a player owns the player has a score in. */
const PLAYED_PERCENT = 60;
const HOURS_TO_SCORE_MAX = 200;
const SESSION_MS_MAX = 2 * HOUR_MS;
const SCORE_STEP = 10;
const SCORE_STEPS_MAX = 10_000;

/** The scores that came of a fulfilled order: each after the purchase and before the present. */
export function inventScores(story: Story, order: DemoOrder, now: Date): DemoScore[] {
  if (order.state !== 'FULFILLED') return [];
  const bucket = bucketOf(order.buyerId);
  return order.lines
    .filter(() => story.chance(PLAYED_PERCENT))
    .map(({ gameId }) => {
      const boughtMs = order.placedAt.getTime();
      const laterMs = Math.min(HOURS_TO_SCORE_MAX * HOUR_MS, (now.getTime() - boughtMs) * 0.9) * story.fraction();
      const at = new Date(boughtMs + Math.ceil(laterMs));
      const startedAt = new Date(Math.max(boughtMs, at.getTime() - story.int(SESSION_MS_MAX)));
      return {
        id: story.idAt('score', at, bucket),
        gameId,
        playerId: order.buyerId,
        playSessionId: story.idAt('play', startedAt, bucket),
        // Most are modest, a few are high.
        score: SCORE_STEP * Math.ceil(SCORE_STEPS_MAX * story.fraction() ** 2),
        at,
      };
    });
}

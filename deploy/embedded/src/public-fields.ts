/**
 * What every player, and who is none, sees alike in a subscription: whoever follows a board shares one stream with all who
 * follow it. Not here: `Leaderboard.viewerEntry`, `around` and `friends`, `User.email`, `Game.isOwned` and the like.
 * `gateway.yaml` says the same to the gateway that runs apart.
 */
export const PUBLIC_FIELDS: readonly string[] = [
  'Subscription.rankChanged',
  'RankEvent',
  'LeaderboardEntry',
  'Leaderboard.id',
  'Leaderboard.name',
  'Leaderboard.order',
  'Leaderboard.scoreMin',
  'Leaderboard.scoreMax',
  'Leaderboard.entryCount',
  'Leaderboard.eventCursor',
  'Leaderboard.game',
  'Game.id',
  'Game.slug',
  'Game.title',
  'User.id',
  'User.username',
  'User.displayName',
  'User.joinedAt',
];

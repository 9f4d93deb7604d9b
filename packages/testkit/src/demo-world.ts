/**
 * A demo world: who plays, what they bought and said. All of it is invented, from one seed.
 * The types are what each subgraph's `seed.ts` writes its own part of.
 */
export type DemoWorld = {
  readonly players: readonly DemoPlayer[];
  readonly deposits: readonly DemoDeposit[];
  readonly orders: readonly DemoOrder[];
  readonly friendships: readonly DemoFriendship[];
  readonly conversations: readonly DemoConversation[];
  readonly scores: readonly DemoScore[];
};

/** A registered player; all have the same password. */
export type DemoPlayer = {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly email: string;
  readonly joinedAt: Date;
};

/** Money that a player brought in through the sandbox provider. Covers all of the player's orders. */
export type DemoDeposit = {
  readonly transferId: string;
  readonly playerId: string;
  readonly amountMinor: bigint;
  readonly at: Date;
};

/** A finished order. FULFILLED ones are paid from the wallet and put their games into the library. */
export type DemoOrder = {
  readonly id: string;
  readonly buyerId: string;
  readonly lines: readonly {
    readonly gameId: string;
    readonly priceMinor: bigint;
    readonly entitlementId: string;
  }[];
  readonly totalMinor: bigint;
  readonly state: 'FULFILLED' | 'CANCELLED' | 'EXPIRED';
  readonly placedAt: Date;
  readonly paymentId: string;
  readonly transferId: string;
};

/** Two players who are friends. */
export type DemoFriendship = {
  readonly id: string;
  readonly requesterId: string;
  readonly addresseeId: string;
  readonly acceptedAt: Date;
};

/** A conversation with all that was said in it, the oldest first. */
export type DemoConversation = {
  readonly id: string;
  /** Null for a direct conversation between exactly two. */
  readonly title: string | null;
  readonly memberIds: readonly string[];
  readonly messages: readonly {
    readonly id: string;
    readonly senderId: string;
    readonly body: string;
    readonly sentAt: Date;
  }[];
};

/** One score of a player on the default leaderboard of a game that the player owns. */
export type DemoScore = {
  readonly id: string;
  readonly gameId: string;
  readonly playerId: string;
  readonly playSessionId: string;
  readonly score: number;
  readonly at: Date;
};

/** A game of the catalogue as the world needs it. */
export type CatalogueGame = {
  /** Different in every store; the world names the game by it, and depends on it for nothing else. */
  readonly id: string;
  /** No two games share one. With the price it decides what becomes of the game in the world. */
  readonly slug: string;
  readonly priceMinor: bigint;
};

import { join } from 'node:path';
import { loadOrCreateSigningKey } from '@playgraph/auth/signing-key';
import { openStore as openGameStore } from '@playgraph/game/store';
import { createSubgraph as createGame } from '@playgraph/game/subgraph';
import { openStore as openLeaderboardStore } from '@playgraph/leaderboard/store';
import { createSubgraph as createLeaderboard } from '@playgraph/leaderboard/subgraph';
import { openStore as openOrderStore } from '@playgraph/order/store';
import { createSubgraph as createOrder } from '@playgraph/order/subgraph';
import { createSandboxProvider } from '@playgraph/payment/sandbox-provider';
import { openStore as openPaymentStore } from '@playgraph/payment/store';
import { createSubgraph as createPayment } from '@playgraph/payment/subgraph';
import type { SubgraphDeps } from '@playgraph/server/subgraph';
import { openStore as openSocialStore } from '@playgraph/social/store';
import { createSubgraph as createSocial } from '@playgraph/social/subgraph';
import { openStore as openUserStore } from '@playgraph/user/store';
import { createSubgraph as createUser } from '@playgraph/user/subgraph';
import type { EmbeddedConfig } from './config.ts';
import { loadOrCreateSecrets } from './secrets.ts';

/** What all subgraphs of one process share. */
export type Platform = Omit<SubgraphDeps<unknown>, 'shards'>;

export type Stores = Awaited<ReturnType<typeof openStores>>;

/** Who signs access tokens in this store. */
export const TOKEN_ISSUER = 'playgraph';

/** Opens and migrates every shard. */
export async function openStores({ shardUrls }: Pick<EmbeddedConfig, 'shardUrls'>) {
  const [user, game, order, payment, social, leaderboard] = await Promise.all([
    openUserStore(shardUrls.user),
    openGameStore(shardUrls.game),
    openOrderStore(shardUrls.order),
    openPaymentStore(shardUrls.payment),
    openSocialStore(shardUrls.social),
    openLeaderboardStore(shardUrls.leaderboard),
  ]);
  return { user, game, order, payment, social, leaderboard };
}

/** The key that signs access tokens; made at the first start. */
export function loadSigningKey(dataDir: string) {
  return loadOrCreateSigningKey(join(dataDir, 'keys', 'access-token.pem'));
}

/** Starts the six subgraphs over their stores. */
export async function createSubgraphs(
  stores: Stores,
  platform: Platform,
  { dataDir }: Pick<EmbeddedConfig, 'dataDir'>,
) {
  const { ticket: ticketSecret } = loadOrCreateSecrets(join(dataDir, 'keys', 'secrets.json'));
  const signingKey = loadSigningKey(dataDir);
  const depsOf = <Shards>(name: keyof Stores, shards: Shards) => ({
    ...platform,
    shards,
    logger: platform.logger.child({ subgraph: name }),
  });
  const [user, game, order, payment, social, leaderboard] = await Promise.all([
    createUser({ ...depsOf('user', stores.user), signingKey, tokenIssuer: TOKEN_ISSUER }),
    createGame({ ...depsOf('game', stores.game), ticketSecret, buildsDir: join(dataDir, 'game', 'builds') }),
    createOrder(depsOf('order', stores.order)),
    createPayment({ ...depsOf('payment', stores.payment), provider: createSandboxProvider() }),
    createSocial(depsOf('social', stores.social)),
    createLeaderboard({ ...depsOf('leaderboard', stores.leaderboard), ticketSecret }),
  ]);
  return { user, game, order, payment, social, leaderboard };
}

export type Subgraphs = Awaited<ReturnType<typeof createSubgraphs>>;

/** Waits until what earlier runs left in the outboxes is dealt with, in the order in which one causes the next. */
export async function drainEvents({ game, order, payment, social, leaderboard, user }: Subgraphs): Promise<void> {
  for (const subgraph of [user, game, order, payment, game, order, social, leaderboard]) await subgraph.drained();
  await game.searchBuilt();
}

/** Closes subgraphs or stores; all are tried, the first failure is thrown. */
export async function closeAll(parts: Readonly<Record<string, { close(): Promise<void> }>>): Promise<void> {
  const outcomes = await Promise.allSettled(Object.values(parts).map((part) => part.close()));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

import type { DomainEvent } from '@playgraph/events/event-log';
import { encodeStreamCursor, parseStreamCursor } from '@playgraph/events/stream-cursor';
import { z } from 'zod';
import type { PaymentDeps } from './deps.ts';
import { emptyWallet, type Transfer, type TransferState, type Wallet, walletIdOf } from './domain.ts';
import { WALLET_CHANGED } from './transaction.ts';

export type WalletEvent = {
  readonly cursor: string;
  readonly sequence: number;
  readonly occurredAt: Date;
  readonly wallet: Wallet;
  readonly transaction: Transfer;
};

const walletChanged = z.object({ transferId: z.string(), state: z.enum(['PENDING', 'POSTED', 'VOIDED']) });

/**
 * Every change of a player's wallet behind the cursor (from now on when null), in order, none twice and none missing.
 * @throws DomainError BAD_USER_INPUT at once, not from the generator, so that it refuses the subscription.
 */
export function watchWallet(
  deps: PaymentDeps,
  ownerId: string,
  options: { readonly after: string | null; readonly signal: AbortSignal },
): AsyncGenerator<WalletEvent> {
  const stream = walletIdOf(ownerId);
  const db = deps.store.shards.forId(stream);
  const afterSeq = parseStreamCursor(stream, options.after);
  return readEvents(deps, ownerId, deps.events.follow({ stream, afterSeq, db, signal: options.signal }));
}

async function* readEvents(
  deps: PaymentDeps,
  ownerId: string,
  events: AsyncGenerator<DomainEvent>,
): AsyncGenerator<WalletEvent> {
  for await (const event of events) if (event.type === WALLET_CHANGED) yield await readEvent(deps, ownerId, event);
}

async function readEvent(deps: PaymentDeps, ownerId: string, event: DomainEvent): Promise<WalletEvent> {
  const { transferId, state } = walletChanged.parse(event.data);
  const [wallets, transfers] = await Promise.all([
    deps.store.findWallets([ownerId]),
    deps.store.findTransfers([transferId]),
  ]);
  const transfer = transfers[0];
  if (!transfer) throw new Error(`event ${event.id} names a transfer that does not exist`);
  return {
    cursor: encodeStreamCursor(event.stream, event.seq),
    sequence: event.seq,
    occurredAt: new Date(event.at),
    wallet: wallets[0] ?? emptyWallet(ownerId),
    transaction: asOf(transfer, state),
  };
}

/** The transfer as the event left it; it may have been settled since. */
function asOf(transfer: Transfer, state: TransferState): Transfer {
  return { ...transfer, state, settledAt: state === 'PENDING' ? null : transfer.settledAt };
}

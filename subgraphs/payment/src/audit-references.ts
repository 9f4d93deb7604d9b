import type { TransferKind } from './domain.ts';
import type { Tx } from './store.ts';

const BATCH_SIZE = 500;

type Claim = {
  readonly id: string;
  readonly amountMinor: bigint;
  /** The states that its transfer may be in; null: there must be none. */
  readonly transferState: string | null;
};

/** What the transfer of a payment must say, by the payment's state. */
const transferStateOfPayment: Readonly<Record<string, string>> = {
  AUTHORIZED: 'PENDING',
  CAPTURED: 'POSTED',
  VOIDED: 'VOIDED',
};

/** Checks every deposit against its transfer; returns how many transfers that explains. */
export function auditDeposits(tx: Tx, problems: string[]): Promise<number> {
  return auditClaims(tx, { kind: 'DEPOSIT', problems }, async (afterId) => {
    const rows = await tx.deposit.findMany(pageBehind(afterId));
    return rows.map(({ id, amountMinor, state }) => ({
      id,
      amountMinor,
      transferState: state === 'POSTED' ? 'POSTED' : null,
    }));
  });
}

/** Checks every payment against its transfer; returns how many transfers that explains. */
export function auditPayments(tx: Tx, problems: string[]): Promise<number> {
  return auditClaims(tx, { kind: 'PURCHASE', problems }, async (afterId) => {
    const rows = await tx.payment.findMany(pageBehind(afterId));
    return rows.map(({ id, amountMinor, state }) => ({
      id,
      amountMinor,
      transferState: amountMinor === 0n ? null : (transferStateOfPayment[state] ?? null),
    }));
  });
}

async function auditClaims(
  tx: Tx,
  audit: { readonly kind: TransferKind; readonly problems: string[] },
  readPage: (afterId: string) => Promise<Claim[]>,
): Promise<number> {
  let explained = 0;
  let afterId = '';
  for (;;) {
    const claims = await readPage(afterId);
    const references = claims.map((claim) => claim.id);
    const rows = await tx.transfer.findMany({ where: { kind: audit.kind, reference: { in: references } } });
    const transfers = new Map(rows.map((row) => [row.reference, row]));
    for (const { id, amountMinor, transferState } of claims) {
      const transfer = transfers.get(id);
      if (transfer) explained += 1;
      if ((transfer?.state ?? null) !== transferState || (transfer && transfer.amountMinor !== amountMinor)) {
        audit.problems.push(`${id}: its transfer is ${transfer?.state ?? 'missing'}, not ${transferState ?? 'absent'}`);
      }
    }
    if (claims.length < BATCH_SIZE) return explained;
    afterId = claims.at(-1)?.id ?? '';
  }
}

function pageBehind(afterId: string) {
  return { where: { id: { gt: afterId } }, orderBy: { id: 'asc' as const }, take: BATCH_SIZE };
}

import { auditLedger } from '@playgraph/payment/audit-ledger';
import { withStores } from './offline.ts';

const { isSound, shards } = await withStores(process.env, ({ stores }) => auditLedger(stores.payment));
console.log(JSON.stringify(shards, (_, value) => (typeof value === 'bigint' ? String(value) : value), 2));
console.log(isSound ? 'The ledger is sound on every shard.' : 'The ledger is NOT sound.');
process.exit(isSound ? 0 : 1);

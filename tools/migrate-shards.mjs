// What `tools/db.mjs deploy|status <subgraph...>` runs under tsx: the sharding package's migrations, on every shard.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { migrateShard, pendingMigrations } from '../packages/sharding/src/migrate.ts';
import { targetOf } from './models.mjs';

const [action, ...names] = process.argv.slice(2);
for (const name of names) {
  const migrationsDir = pathToFileURL(`${path.join(targetOf(name).migrations, 'sqlite')}/`);
  for (const [shard, url] of shardUrls(name).entries()) {
    try {
      console.log(`${name} shard ${shard}: ${await report({ url, migrationsDir })}`);
    } catch (error) {
      console.log(`${name} shard ${shard}: FAILED: ${error.message} ${error.cause?.message ?? ''}`);
      process.exitCode = 1;
    }
  }
}

async function report(options) {
  if (action === 'deploy') {
    const { applied } = await migrateShard(options);
    return applied.length === 0 ? 'up to date' : `applied ${applied.join(', ')}`;
  }
  const { pending } = await pendingMigrations(options);
  return pending.length === 0 ? 'up to date' : `pending ${pending.join(', ')}`;
}

function shardUrls(name) {
  const listed = process.env[`${name.toUpperCase()}_SHARDS`] || `file:.data/${name}/0.db,file:.data/${name}/1.db`;
  return listed.split(',');
}

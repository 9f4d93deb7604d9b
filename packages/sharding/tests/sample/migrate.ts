// Migrates one shard. Prints `begin`, then what it applied.
import { migrateShard } from '@playgraph/sharding/migrate';

const [url = '', migrationsDir = ''] = process.argv.slice(2);
console.log('begin');
const { applied } = await migrateShard({ url, migrationsDir: new URL(migrationsDir) });
console.log(JSON.stringify(applied));

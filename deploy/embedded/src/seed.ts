import { parseArgs } from 'node:util';
import { DEMO_SIZE, seedWorld } from './demo.ts';
import { withStores } from './offline.ts';

/** The largest world that one run makes; its parts are held in memory. */
const PLAYERS_MAX = 1_000_000;
const ORDERS_MAX = 1_000_000;

const values = readArguments();
const size = { players: parseCount('players', PLAYERS_MAX), orders: parseCount('orders', ORDERS_MAX) };

await withStores(process.env, (world) => seedWorld(world, size, (step) => console.log(`  seeding ${step}`)));
console.log('Done. All of it is invented, from a fixed seed; running it again adds only what is missing.');

function readArguments() {
  const options = {
    players: { type: 'string', default: String(DEMO_SIZE.players) },
    orders: { type: 'string', default: String(DEMO_SIZE.orders) },
  } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\nUsage: npm run seed -- --players N --orders N`);
    process.exit(1);
  }
}

function parseCount(name: 'players' | 'orders', max: number): number {
  const count = Number(values[name]);
  if (Number.isInteger(count) && count >= 2 && count <= max) return count;
  console.error(`--${name} must be a whole number from 2 to ${max}.`);
  process.exit(1);
}

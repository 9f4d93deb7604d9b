import { makeDemoWorld } from './demo-world.ts';

await makeDemoWorld(process.env, (step) => console.log(`  seeding ${step}`));

import { stat } from 'node:fs/promises';
import { importCatalogue } from './demo.ts';
import { withStores } from './offline.ts';

const [file] = process.argv.slice(2);
if (file === undefined)
  fail('Usage: npm run import -- FILE\n  FILE: one game a line, in the form of subgraphs/game/data/games.jsonl');
if (
  !(await stat(file).then(
    (found) => found.isFile(),
    () => false,
  ))
)
  fail(`There is no readable file ${file}.`);

const report = await withStores(process.env, (world) =>
  importCatalogue(file, world, {
    onProgress: ({ lines, published, updated, unchanged, skipped }) =>
      console.log(
        `  line ${lines}: ${published} published, ${updated} updated, ${unchanged} unchanged, ${skipped} skipped`,
      ),
    onBadLine: ({ line, reason }) => console.error(`  line ${line} skipped: ${reason}`),
  }),
);
console.log(
  `${report.lines} lines: ${report.published} games published, ${report.updated} updated, ${report.unchanged} unchanged, ${report.skipped} skipped.`,
);
console.log('Prices and stock of new games are invented. A running store shows them within seconds.');

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

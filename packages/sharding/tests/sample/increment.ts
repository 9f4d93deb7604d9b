// Reads the stock of a game and writes one more, `times` times, each in a transaction. Prints how often that worked.
import { openClient } from './store.ts';

const [file = '', id = '', times = '0'] = process.argv.slice(2);
const db = openClient({ file });
let done = 0;
for (let i = 0; i < Number(times); i++) {
  await db.$transaction(async (tx) => {
    const game = await tx.game.findUniqueOrThrow({ where: { id } });
    await tx.game.update({ where: { id }, data: { stock: game.stock + 1 } });
  });
  done += 1;
}
await db.$disconnect();
console.log(done);

// Writes a game and its review in one transaction, prints the game's id when that is committed, and goes on until killed.
import { newGame, openClient } from './store.ts';

const [file = ''] = process.argv.slice(2);
const db = openClient({ file });
for (;;) {
  const game = newGame();
  await db.$transaction(async (tx) => {
    await tx.game.create({ data: game });
    await tx.review.create({ data: { id: `review of ${game.id}`, gameId: game.id, stars: 5 } });
  });
  console.log(game.id);
}

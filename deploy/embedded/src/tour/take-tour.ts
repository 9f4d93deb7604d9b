import { registerPlayer, signOut } from './accounts.ts';
import { download, tryToDownload } from './download.ts';
import { becomeFriends, chat } from './friends.ts';
import { readOverview } from './overview.ts';
import { playForRanks } from './play.ts';
import { buyGame, deposit, findGame, tryToBuyWithoutMoney } from './purchase.ts';
import { createReporter } from './reporter.ts';
import { createStoreClient } from './store-client.ts';

/** Two players go through the whole store over its public endpoint. Rejects when a step does not hold. */
export async function takeTour(url: string, write: (line: string) => void): Promise<void> {
  const reporter = createReporter(write);
  const store = createStoreClient(url);
  reporter.chapter(`A tour of ${url}/graphql`);
  const game = await findGame(reporter, store);
  const nova = await registerPlayer(reporter, store, 'Nova');
  const rune = await registerPlayer(reporter, store, 'Rune');

  reporter.chapter('Buying');
  await tryToBuyWithoutMoney(reporter, nova, game);
  await deposit(reporter, nova);
  await buyGame(reporter, nova, game);
  await tryToDownload(reporter, rune, game);
  await download(reporter, nova, { game, url });

  reporter.chapter('Together');
  await becomeFriends(reporter, { one: nova, other: rune });
  await chat(reporter, { one: nova, other: rune });
  await deposit(reporter, rune);
  await buyGame(reporter, rune, game);
  await playForRanks(reporter, [nova, rune], game);

  reporter.chapter('One graph');
  await readOverview(reporter, nova, game);
  await signOut(reporter, rune);
  write('\nEvery step held.');
}

import { createHash } from 'node:crypto';
import type { Player } from './accounts.ts';
import type { TourGame } from './purchase.ts';
import { holds, type Reporter } from './reporter.ts';

const REQUEST = `mutation Request($input: RequestDownloadInput!) {
  requestDownload(input: $input) { __typename ... on DownloadTicket { url sizeBytes sha256 fileName } ... on Refusal { code } }
}`;
type RequestData = {
  requestDownload: {
    __typename: string;
    code?: string;
    url: string;
    sizeBytes: number;
    sha256: string;
    fileName: string;
  };
};

/** Downloads a game in two parts, as after a lost connection, and checks the sum. */
export async function download(
  reporter: Reporter,
  player: Player,
  { game, url }: { game: TourGame; url: string },
): Promise<void> {
  await reporter.step(
    `${player.displayName} downloads ${game.title}, loses the line half-way and resumes`,
    async () => {
      const { requestDownload: ticket } = await player.client.ask<RequestData>(REQUEST, { input: { gameId: game.id } });
      holds(ticket.__typename === 'DownloadTicket', 'DownloadTicket', ticket);
      const address = new URL(ticket.url, url);
      const half = Math.floor(ticket.sizeBytes / 2);
      const first = await fetch(address, { headers: { range: `bytes=0-${half - 1}` } });
      const etag = first.headers.get('etag') ?? '';
      const rest = await fetch(address, { headers: { range: `bytes=${half}-`, 'if-range': etag } });
      holds(first.status === 206 && rest.status === 206, 'two answers 206', [first.status, rest.status]);
      const bytes = Buffer.concat([Buffer.from(await first.arrayBuffer()), Buffer.from(await rest.arrayBuffer())]);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      holds(sha256 === ticket.sha256, `sha256 ${ticket.sha256}`, sha256);
      return [undefined, `${ticket.fileName}, ${bytes.length} bytes, sha256 ${sha256.slice(0, 12)}...`];
    },
  );
}

/** Whoever does not own a game gets no address. */
export async function tryToDownload(
  reporter: Reporter,
  { client, displayName }: Player,
  game: TourGame,
): Promise<void> {
  await reporter.step(`${displayName} does not own it and gets no address`, async () => {
    const { requestDownload } = await client.ask<RequestData>(REQUEST, { input: { gameId: game.id } });
    holds(requestDownload.code === 'NOT_OWNED', 'NOT_OWNED', requestDownload);
    return [undefined, 'NOT_OWNED'];
  });
}

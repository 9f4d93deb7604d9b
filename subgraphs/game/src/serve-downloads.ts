import { setMaxListeners } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { TicketSigner } from '@playgraph/auth/ticket';
import { DomainError } from '@playgraph/kernel/errors';
import type { Logger } from '@playgraph/kernel/logger';
import type { HttpRoute } from '@playgraph/server/subgraph';
import type { Builds } from './builds.ts';
import { type ByteRange, parseByteRange } from './byte-range.ts';
import type { Build } from './domain.ts';

/** Where downloads lie: `/downloads/<ticket>/<file name>`. */
export const DOWNLOADS_PATH = '/downloads';
/** What download tickets are signed for. */
export const DOWNLOAD_TICKET_PURPOSE = 'download';
/** How many downloads run at the same time; further ones are asked to come back. */
const DOWNLOADS_MAX = 256;
const BUSY_RETRY_SECONDS = 5;
/** How long a client may take no byte before it counts as gone. */
const IDLE_MS_MAX = 30_000;
const READ_BYTES = 64 * 1024;

/** What a download ticket says. */
export type DownloadClaims = {
  readonly gameId: string;
  readonly fingerprint: string;
  readonly fileName: string;
  readonly userId: string;
};

export type DownloadServer = {
  readonly route: HttpRoute;
  /** How many downloads are running. */
  active(): number;
  /** Resolves when no download is running. */
  idle(): Promise<void>;
  /** Breaks off what is running. */
  close(): Promise<void>;
};

export type DownloadServerDeps = {
  readonly builds: Pick<Builds, 'openBuild'>;
  readonly tickets: TicketSigner;
  readonly logger: Logger;
};

/** Streams build files to whoever holds a ticket, whole or in parts (RFC 9110, RFC 9530). */
export function createDownloadServer({ builds, tickets, logger }: DownloadServerDeps): DownloadServer {
  const running = new Set<Promise<void>>();
  const closing = new AbortController();
  // Every download listens to it.
  setMaxListeners(DOWNLOADS_MAX, closing.signal);

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return refuse(response, 405, 'Only GET and HEAD.', { Allow: 'GET, HEAD' });
    }
    if (running.size >= DOWNLOADS_MAX || closing.signal.aborted) {
      return refuse(response, 503, 'Too many downloads at this moment.', { 'Retry-After': `${BUSY_RETRY_SECONDS}` });
    }
    const claims = readTicket(request, tickets);
    if (!claims) return refuse(response, 403, 'This address is not valid or no longer counts. Ask for a new one.');
    const opened = await builds.openBuild(claims.gameId, claims.fingerprint);
    if (!opened) return refuse(response, 410, 'This build is no longer there. Ask for a new address.');
    try {
      await send({ request, response, signal: closing.signal }, opened, claims.fileName);
    } finally {
      await opened.file.close();
    }
  };

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const download = answer(request, response)
      .catch((error: unknown) => {
        if (isClientGone(error)) return;
        logger.error({ err: error }, 'download failed');
        if (response.headersSent) response.destroy();
        else refuse(response, 500, 'The download failed.');
      })
      .finally(() => running.delete(download));
    running.add(download);
  };

  const idle = async (): Promise<void> => {
    while (running.size > 0) await Promise.all(running);
  };
  return {
    route: { path: DOWNLOADS_PATH, handle },
    active: () => running.size,
    idle,
    close: async () => {
      closing.abort();
      await idle();
    },
  };
}

/** Null when the address has no ticket, or one that does not count. */
function readTicket(request: IncomingMessage, tickets: TicketSigner): DownloadClaims | null {
  const [pathname = ''] = (request.url ?? '').split('?');
  const below = pathname.startsWith(`${DOWNLOADS_PATH}/`) ? pathname.slice(DOWNLOADS_PATH.length) : pathname;
  const [, ticket = ''] = below.split('/');
  try {
    return tickets.verify(ticket) as DownloadClaims;
  } catch (error) {
    if (error instanceof DomainError) return null;
    throw error;
  }
}

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse; readonly signal: AbortSignal };

async function send(
  { request, response, signal }: Exchange,
  { build, file }: { build: Build; file: FileHandle },
  fileName: string,
): Promise<void> {
  const etag = `"${build.sha256}"`;
  describe(response, build, fileName);
  if (request.headers['if-none-match']?.split(/,\s*/).includes(etag)) {
    response.writeHead(304).end();
    return;
  }
  // A resumed download must not be glued to the beginning of another build.
  const isSameBuild = [undefined, etag].includes(request.headers['if-range'] as string | undefined);
  const range = parseByteRange(isSameBuild ? request.headers.range : undefined, build.sizeBytes);
  if (range === 'UNSATISFIABLE') {
    response.setHeader('Content-Range', `bytes */${build.sizeBytes}`);
    return refuse(response, 416, 'The file ends before that.');
  }
  const bytes: ByteRange = range === 'WHOLE' ? { start: 0, end: build.sizeBytes - 1 } : range;
  response.setHeader('Content-Length', bytes.end - bytes.start + 1);
  if (range !== 'WHOLE') response.setHeader('Content-Range', `bytes ${bytes.start}-${bytes.end}/${build.sizeBytes}`);
  response.writeHead(range === 'WHOLE' ? 200 : 206);
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  response.setTimeout(IDLE_MS_MAX, () => response.destroy());
  const stream = file.createReadStream({ ...bytes, autoClose: false, highWaterMark: READ_BYTES });
  await pipeline(stream, response, { signal });
}

function describe(response: ServerResponse, build: Build, fileName: string): void {
  const digest = Buffer.from(build.sha256, 'hex').toString('base64');
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('Cache-Control', 'private, no-transform');
  response.setHeader('Content-Disposition', `attachment; filename="${fileName}"`);
  response.setHeader('Content-Type', 'application/x-tar');
  response.setHeader('Digest', `sha-256=${digest}`);
  response.setHeader('ETag', `"${build.sha256}"`);
  response.setHeader('Repr-Digest', `sha-256=:${digest}:`);
  response.setHeader('X-Content-Type-Options', 'nosniff');
}

/** Says why not, as plain text; what was said about the file is taken back. */
function refuse(response: ServerResponse, status: number, reason: string, headers: Record<string, string> = {}): void {
  for (const name of ['Content-Disposition', 'Digest', 'Repr-Digest', 'ETag']) response.removeHeader(name);
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', ...headers });
  response.end(`${reason}\n`);
}

const GONE_CODES: ReadonlySet<unknown> = new Set([
  'ERR_STREAM_PREMATURE_CLOSE',
  'ECONNRESET',
  'EPIPE',
  'ABORT_ERR',
  'ERR_STREAM_DESTROYED',
]);

function isClientGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && GONE_CODES.has(error.code);
}

import { credentialsIn } from '../config/address-credentials.ts';
import type { TextSource } from './text-source.ts';

/** How long an answer may take, its body included. */
const FETCH_MS_MAX = 10_000;
/** The largest text that is read. */
const TEXT_BYTES_MAX = 64 * 1024 * 1024;

export type UrlSourceOptions = {
  readonly url: string;
  /** How long to wait between two looks. */
  readonly pollMs: number;
  /** Sent along, such as a key. */
  readonly headers?: Readonly<Record<string, string>>;
};

/** A text at an address, asked for again at an interval; a server that knows ETags sends it only when it is new. */
export function createUrlSource({ url, pollMs, headers = {} }: UrlSourceOptions): TextSource {
  const { place, address, credentials } = readAddress(url);
  let etag: string | null = null;
  let known = '';

  const read = async (signal?: AbortSignal): Promise<string> => {
    const timeout = AbortSignal.timeout(FETCH_MS_MAX);
    try {
      const response = await fetch(address, {
        headers: { accept: '*/*', ...credentials, ...headers, ...(etag === null ? {} : { 'if-none-match': etag }) },
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      if (response.status === 304 && etag !== null) return known;
      if (!response.ok) {
        // What is left unread would keep its connection.
        await response.body?.cancel();
        throw new Error(`it answers with status ${statusOf(response)}`);
      }
      known = await readText(response);
      etag = response.headers.get('etag');
      return known;
    } catch (error) {
      throw new Error(
        `${place} cannot be had: ${timeout.aborted ? `no answer in ${FETCH_MS_MAX} ms` : reasonOf(error)}`,
      );
    }
  };
  return {
    place,
    read: () => read(),
    watch({ onText, onFailure }) {
      const stopped = new AbortController();
      let timer: NodeJS.Timeout | undefined;
      const schedule = () => {
        if (!stopped.signal.aborted) timer = setTimeout(look, pollMs).unref();
      };
      const look = () => {
        const told = (tell: (value: never) => void) => (value: unknown) => {
          if (!stopped.signal.aborted) tell(value as never);
        };
        void read(stopped.signal).then(told(onText), told(onFailure)).finally(schedule);
      };
      schedule();
      return () => {
        stopped.abort();
        clearTimeout(timer);
      };
    },
  };
}

/** The status, and what it usually means for somebody who has just written the address down. */
function statusOf({ status }: Response): string {
  if (status === 401 || status === 403) return `${status}: it wants credentials (supergraph.headers), or other ones`;
  return status === 404 ? '404: there is nothing at this address' : String(status);
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > TEXT_BYTES_MAX) throw new Error(`it is larger than ${TEXT_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** An address, and as it may be logged: passwords and keys are left out. `fetch` takes a password as a header only. */
function readAddress(url: string) {
  const address = new URL(url);
  const { origin, pathname } = address;
  const credentials = credentialsIn(address);
  address.username = '';
  address.password = '';
  return { place: `${origin}${pathname}`, address, credentials };
}

/** `fetch` says only that it failed; its cause says why. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ECONNREFUSED') return 'nobody listens there (ECONNREFUSED)';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `no such host is known (${code})`;
  if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET') return `the connection broke off (${code})`;
  return code ?? (cause instanceof Error ? cause.message : message);
}

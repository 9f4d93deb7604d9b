import { indexKeys, type KeyIndex } from './key-index.ts';

/** How long a fetch of a key set may take, its body included. */
const FETCH_MS_MAX = 3_000;
/** The largest key set that is read. */
const KEY_SET_BYTES_MAX = 1024 * 1024;

/** The keys of the JWKS document at `url`. @throws Error whose message says in a few words why they cannot be had. */
export async function fetchKeys(url: string): Promise<KeyIndex> {
  try {
    return await readKeys(url);
  } catch (error) {
    throw new Error(reasonOf(error));
  }
}

/** The address as it may be logged: without passwords and keys. */
export function placeOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

async function readKeys(url: string): Promise<KeyIndex> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    signal: AbortSignal.timeout(FETCH_MS_MAX),
    redirect: 'error',
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`it answers with status ${response.status}`);
  }
  const listed = keysIn(await readText(response));
  if (listed === null) throw new Error('it answers with something else than a JSON Web Key Set');
  const keys = indexKeys(listed);
  // A set without a usable key is a mistake on the other side: what was read before is worth more.
  if (keys.size === 0) throw new Error('it lists no RSA or EC key for signatures');
  return keys;
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > KEY_SET_BYTES_MAX) throw new Error(`it is larger than ${KEY_SET_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function keysIn(text: string): readonly unknown[] | null {
  try {
    const body: unknown = JSON.parse(text);
    const listed = typeof body === 'object' && body !== null && 'keys' in body ? body.keys : null;
    return Array.isArray(listed) ? listed : null;
  } catch {
    return null;
  }
}

/** `fetch` says only that it failed; its cause says why. */
function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return `no answer in ${FETCH_MS_MAX} ms`;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code ?? (cause instanceof Error ? cause.message : message);
}

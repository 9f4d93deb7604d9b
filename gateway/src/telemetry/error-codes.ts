import type { PrintedAnswer } from '../client-request.ts';

/** How a printed response begins that has errors: they come before `data`. */
const ERRORS_START = Buffer.from('{"errors":');
const DATA_START = ',"data":';
/** The longest list of errors that is read: telemetry must not cost more than the answer. */
const ERRORS_BYTES_MAX = 16 * 1024;
/** Errors may hold a key `data` themselves. */
const TRIES_MAX = 3;

type ReadError = { readonly extensions?: { readonly code?: unknown } };

/**
 * The codes of a printed answer's errors, for metrics; undefined stands for an error that has none, and for all of a list
 * that is too long to be read. An answer without errors costs a look at its first bytes.
 */
export function errorCodesOf({ body }: Pick<PrintedAnswer, 'body'>): readonly unknown[] {
  if (!body.subarray(0, ERRORS_START.length).equals(ERRORS_START)) return [];
  return readErrors(body)?.map((error) => error.extensions?.code) ?? [undefined];
}

function readErrors(body: Buffer): readonly ReadError[] | null {
  let end = body.indexOf(DATA_START, ERRORS_START.length);
  if (end < 0) return body.length <= ERRORS_BYTES_MAX ? parseErrors(body.toString()) : null;
  for (let tries = 0; end > 0 && end <= ERRORS_BYTES_MAX && tries < TRIES_MAX; tries++) {
    // Cut in the wrong place, the brackets do not match.
    const errors = parseErrors(`${body.toString('utf8', 0, end)}}`);
    if (errors) return errors;
    end = body.indexOf(DATA_START, end + 1);
  }
  return null;
}

function parseErrors(text: string): readonly ReadError[] | null {
  try {
    return (JSON.parse(text) as { readonly errors: readonly ReadError[] }).errors;
  } catch {
    return null;
  }
}

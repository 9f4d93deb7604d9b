import { parseExact } from '@playgraph/kernel/exact-json';
import type { ClientRequest } from '../client-request.ts';
import { isObject } from '../execution/view.ts';
import { badRequest, HttpError } from './http-error.ts';

/** The longest address; longer operations go by POST. */
const URL_CHARS_MAX = 16 * 1024;
/** How deep variables and extensions may nest: deeper ones would overflow the stack of whoever walks them. */
const NESTING_MAX = 200;
/** How many operations one request may hold where batching is on and says no number of its own. */
export const BATCH_MAX = 10;

/** Some programs put it before whatever they write as UTF-8; JSON's standard lets a reader pass over it. */
const BYTE_ORDER_MARK = '\uFEFF';

const NOTHING: Readonly<Record<string, unknown>> = Object.freeze({});

/** One operation, or several where the client batches: an entry that is none stands as its error. */
export type BodyParams = ClientRequest | readonly (ClientRequest | HttpError)[];

/**
 * The parameters in a JSON body; `batchMax` is how many operations it may hold as a list, 0 where batching is off.
 * @throws HttpError 400 when it is not a GraphQL request.
 */
export function parseBodyParams(text: string, batchMax: number): BodyParams {
  const body = parseJson(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text, 'The body is not JSON.');
  if (!Array.isArray(body)) return toClientRequest(body);
  if (batchMax === 0) throw badRequest('A request holds one operation: batching is off.');
  if (body.length === 0) throw badRequest('The batch is empty.');
  if (body.length > batchMax) throw badRequest(`A batch may hold ${batchMax} operations.`);
  return body.map((entry) => {
    try {
      return toClientRequest(entry);
    } catch (error) {
      if (error instanceof HttpError) return error;
      throw error;
    }
  });
}

/** The parameters in the query of an address. @throws HttpError 400 or 414. */
export function parseUrlParams(url: string): ClientRequest {
  if (url.length > URL_CHARS_MAX) throw new HttpError(414, `The address is longer than ${URL_CHARS_MAX} characters.`);
  const params = new URLSearchParams(searchOf(url));
  const text = (name: string) => readOnce(params, name) || undefined;
  const json = (name: string) => {
    const value = text(name);
    return value === undefined ? undefined : parseJson(value, `"${name}" is not JSON.`);
  };
  return toClientRequest({
    query: text('query'),
    operationName: text('operationName'),
    variables: json('variables'),
    extensions: json('extensions'),
    documentId: text('documentId'),
  });
}

/** What follows the `?`. */
export function searchOf(url: string): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start + 1);
}

function readOnce(params: URLSearchParams, name: string): string | undefined {
  const values = params.getAll(name);
  if (values.length > 1) throw badRequest(`"${name}" is given ${values.length} times.`);
  return values[0];
}

function parseJson(text: string, message: string): unknown {
  try {
    return parseExact(text);
  } catch {
    throw badRequest(message);
  }
}

/** Checks the parameters' types; null is the same as absent, unknown parameters are ignored. */
function toClientRequest(params: unknown): ClientRequest {
  if (!isObject(params)) throw badRequest('A request is a JSON object with a "query".');
  const query = readText(params, 'query');
  const extensions = readMap(params, 'extensions');
  const documentId = readText(params, 'documentId');
  const isNamed = documentId !== undefined || 'documentId' in extensions || 'persistedQuery' in extensions;
  if (query === undefined && !isNamed) throw badRequest('"query" is missing.');
  return {
    query,
    operationName: readText(params, 'operationName') || undefined,
    variables: readMap(params, 'variables'),
    extensions: documentId === undefined ? extensions : { ...extensions, documentId },
  };
}

function readText(params: Record<string, unknown>, name: string): string | undefined {
  const value = params[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw badRequest(`"${name}" is not a string.`);
  return value;
}

function readMap(params: Record<string, unknown>, name: string): Readonly<Record<string, unknown>> {
  const value = params[name];
  if (value === undefined || value === null) return NOTHING;
  if (!isObject(value)) throw badRequest(`"${name}" is not an object.`);
  if (!nestsWithin(value, NESTING_MAX)) throw badRequest(`"${name}" is nested deeper than ${NESTING_MAX} levels.`);
  return value;
}

function nestsWithin(value: object, levels: number): boolean {
  if (levels === 0) return false;
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key];
    if (typeof member === 'object' && member !== null && !nestsWithin(member, levels - 1)) return false;
  }
  return true;
}

import type { StreamLoss } from '@playgraph/server/socket-transport';
import type { PrintedAnswer } from '../client-request.ts';
import type { ItemRules } from './fan-out.ts';

/**
 * Why a stream ended before its source did. The client may subscribe again at once:
 * - TOO_SLOW: it did not read fast enough, and events would have piled up;
 * - UPSTREAM_LOST: the subgraph was lost, and events may be missing;
 * - GRAPH_CHANGED: a newer supergraph answers this operation in another way, or not at all.
 */
export type StreamEnd = StreamLoss | 'GRAPH_CHANGED';

/** One event of a stream. With `ends` it is no event, but the last word: `data: null` and one error of that code. */
export type StreamAnswer = PrintedAnswer & { readonly ends?: StreamEnd };

const MESSAGES: Readonly<Record<StreamEnd, string>> = {
  TOO_SLOW: 'The events were not read fast enough. Subscribe again.',
  UPSTREAM_LOST: 'The stream was lost, and events may be missing. Subscribe again.',
  GRAPH_CHANGED: 'The graph has changed. Subscribe again.',
};

/** The last word of a stream, for doors that know nothing of `ends`: `extensions.retryable` is true. */
export function printEnd(ends: StreamEnd): StreamAnswer {
  const error = { message: MESSAGES[ends], extensions: { code: ends, retryable: true } };
  const body = Buffer.from(JSON.stringify({ data: null, errors: [error] }));
  return { body, outcome: 'NULL', status: null, cacheControl: null, ends };
}

/** Answers as a fan-out hands them on. */
export const answerRules: ItemRules<StreamAnswer> = {
  bytesOf: ({ body }) => body.length,
  isLast: ({ ends }) => ends !== undefined,
  isRefusal: ({ outcome }) => outcome !== 'DATA',
  tooSlow: () => printEnd('TOO_SLOW'),
};

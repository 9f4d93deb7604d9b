import { type ClientInfo, type ClientRequest, printRefusal } from '../client-request.ts';
import type { Door } from './door.ts';
import { type Exchange, reply } from './exchange.ts';
import { badRequest, formatHttpError, HttpError } from './http-error.ts';
import { comesInParts } from './multipart.ts';

const [START, COMMA, END] = [Buffer.from('['), Buffer.from(','), Buffer.from(']')];

export type Batch = {
  readonly requests: readonly (ClientRequest | HttpError)[];
  readonly client: ClientInfo;
};

/** Runs the operations of one body side by side and answers them in its order, each with its own errors. */
export async function answerBatch(door: Door, exchange: Exchange, { requests, client }: Batch): Promise<void> {
  const bodies = await Promise.all(requests.map((request) => bodyOf(door, request, client)));
  const pieces = bodies.flatMap((body, index) => [index === 0 ? START : COMMA, body]);
  await reply(exchange, {
    status: 200,
    type: exchange.accepted.json,
    body: Buffer.concat([...pieces, END]),
    cacheControl: null,
    isCompressible: door.isCompressionOn,
  });
}

async function bodyOf(door: Door, request: ClientRequest | HttpError, client: ClientInfo): Promise<Buffer> {
  if (request instanceof HttpError) return refuse(request);
  const operation = await door.gateway.prepare(request, client);
  if ('errors' in operation) return printRefusal(operation).body;
  if (operation.definition.operation === 'subscription') return refuse(badRequest('A subscription cannot be batched.'));
  const answer = await door.gateway.execute(operation, request.variables, client);
  return comesInParts(answer) ? refuse(badRequest('An answer in parts cannot be batched.')) : answer.body;
}

function refuse(error: HttpError): Buffer {
  return Buffer.from(JSON.stringify({ errors: [formatHttpError(error)] }));
}

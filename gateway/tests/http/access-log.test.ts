import { silentLogger } from '@playgraph/kernel/logger';
import { expect, test } from 'vitest';
import { createAccessLog } from '../../src/http/access-log.ts';
import { openDoor } from './door-world.ts';

/** The lines that a signed-in client's request writes. */
async function linesOf(options?: { readonly showsUsers: boolean }): Promise<object[]> {
  const lines: object[] = [];
  const logger = { ...silentLogger, info: (fields: object) => void lines.push(fields) };
  const { post } = await openDoor({ onRequest: createAccessLog(logger, options) });
  await post({ query: 'query Who { whoAmI }', variables: { secret: 'hush' } }, { authorization: 'Bearer good' });
  return lines;
}

test('the access log names nobody unless it is told to', async () => {
  const lines = await linesOf();
  expect(lines).toMatchObject([{ status: 200, operationName: 'Who', outcome: 'DATA' }]);
  expect(JSON.stringify(lines)).not.toMatch(/user_1|userId|good|hush|127\.0\.0\.1/);
});

test('an operator who may know who asks can have it in the access log', async () => {
  expect(await linesOf({ showsUsers: true })).toMatchObject([{ userId: 'user_1' }]);
});

test('the access log says why a request got no further than the door', async () => {
  const { post, get, seen } = await openDoor();
  await post('no');
  await get({ query: '{ whoAmI }' }, { authorization: 'Bearer bad' });
  await get({ query: '{ nope }' });
  expect(seen.entries.map(({ outcome, errorCodes }) => [outcome, errorCodes])).toEqual([
    ['REFUSED', ['BAD_REQUEST']],
    ['REFUSED', ['UNAUTHENTICATED']],
    ['REFUSED', ['GRAPHQL_VALIDATION_FAILED']],
  ]);
});

import { encodeCursor, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, parsePage, toConnection } from '@playgraph/kernel/page';
import { expect, test } from 'vitest';

const keysetOf = (node: { id: string }) => [node.id];
const nodes = (...ids: string[]) => ids.map((id) => ({ id }));

test('a list without arguments gives its first page', () => {
  expect(parsePage({}, ['string'])).toEqual({ limit: PAGE_SIZE_DEFAULT, direction: 'forward', keyset: null });
});

test('a cursor goes out and comes back as the same keyset', () => {
  const after = encodeCursor([1999, 'game_1']);
  expect(parsePage({ first: 5, after }, ['number', 'string']).keyset).toEqual([1999, 'game_1']);
});

test.each([
  [{ first: 1, last: 1 }, 'last'],
  [{ first: -1 }, 'first'],
  [{ first: PAGE_SIZE_MAX + 1 }, 'first'],
  [{ last: 0.5 }, 'last'],
  [{ first: 1, before: encodeCursor(['a']) }, 'before'],
  [{ last: 1, after: encodeCursor(['a']) }, 'after'],
  [{ after: 'not a cursor' }, 'after'],
  [{ after: encodeCursor([1]) }, 'after'],
  [{ after: encodeCursor(['a', 'b']) }, 'after'],
  [{ after: 'A'.repeat(5_000) }, 'after'],
])('page arguments %j are refused at %s', (args, field) => {
  expect(() => parsePage(args, ['string'])).toThrow(
    expect.objectContaining({ code: 'BAD_USER_INPUT', details: { field } }) as Error,
  );
});

test('the row beyond the limit only says that there is more', () => {
  const page = parsePage({ first: 2 }, ['string']);
  const connection = toConnection(nodes('a', 'b', 'c'), page, keysetOf);
  expect(connection.nodes).toEqual(nodes('a', 'b'));
  expect(connection.pageInfo).toEqual({
    hasNextPage: true,
    hasPreviousPage: false,
    startCursor: encodeCursor(['a']),
    endCursor: encodeCursor(['b']),
  });
});

test('a page read from the end comes in list order', () => {
  const page = parsePage({ last: 2 }, ['string']);
  const connection = toConnection(nodes('z', 'y', 'x'), page, keysetOf);
  expect(connection.nodes).toEqual(nodes('y', 'z'));
  expect(connection.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
});

test('an empty page has no cursors', () => {
  const { pageInfo } = toConnection([], parsePage({}, ['string']), keysetOf);
  expect(pageInfo).toEqual({ hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null });
});

import { parseExact } from '@playgraph/kernel/exact-json';
import { type Logger, silentLogger } from '@playgraph/kernel/logger';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskSubgraphError, type SubgraphErrorContext } from '../../src/protection/mask-subgraph-error.ts';

const STACK = 'Error: boom\n    at resolve (/srv/app/secret.js:1:1)';

function mask(error: unknown, options: Partial<SubgraphErrorContext> = {}) {
  const logged: object[] = [];
  const logger: Logger = { ...silentLogger, error: (fields) => void logged.push(fields) };
  const context = {
    subgraph: 'users',
    rule: 'pass',
    isDevelopment: false,
    correlationId: 'c1',
    logger,
    ...options,
  } as const;
  return { masked: maskSubgraphError(error, context), logged };
}

test('a plain message passes, with the name of the service and a code', () => {
  const { masked, logged } = mask({ message: 'no such user', path: ['user'], locations: [{ line: 1, column: 2 }] });
  expect(masked).toEqual({
    message: 'no such user',
    extensions: { code: 'INTERNAL_SERVER_ERROR', service: 'users' },
  });
  expect(logged).toEqual([]);
});

test('an error with a code keeps its message, its code and its facts', () => {
  const extensions = { code: 'OUT_OF_STOCK', left: 0, more: [{ at: 'x' }] };
  expect(mask({ message: 'sold out', extensions }).masked).toEqual({
    message: 'sold out',
    extensions: { ...extensions, service: 'users' },
  });
});

test('stacks never reach a client in production, wherever they are put', () => {
  const extensions = {
    code: 'BAD_USER_INPUT',
    stacktrace: [STACK],
    exception: { stacktrace: [STACK] },
    debug: { trace: STACK },
    details: [{ field: 'a', stack: STACK, deeper: { exception: STACK } }],
  };
  const { masked } = mask({ message: 'bad', extensions });
  expect(masked.extensions).toEqual({
    code: 'BAD_USER_INPUT',
    details: [{ field: 'a', deeper: {} }],
    service: 'users',
  });
});

test('a stack within a message is cut off, lines that only look alike are not', () => {
  expect(mask({ message: STACK }).masked.message).toBe('Error: boom');
  const java = 'boom\n\tat shop.Orders.find(Orders.java:12)\n\tat java.lang.Thread.run(Thread.java:840)';
  expect(mask({ message: java, extensions: { code: 'X' } }).masked.message).toBe('boom');
  expect(mask({ message: STACK }, { isDevelopment: true }).masked.message).toBe(STACK);
  const plain = 'not here\nat least one of the two is needed';
  expect(mask({ message: plain }).masked.message).toBe(plain);
});

test('names of debugging entries count in any case', () => {
  const { masked } = mask({ message: 'bad', extensions: { code: 'X', StackTrace: STACK, STACK } });
  expect(masked.extensions).toEqual({ code: 'X', service: 'users' });
});

test('an internal error of a subgraph is told in general words, and logged with what it said', () => {
  const error = {
    message: 'duplicate key in table users',
    extensions: { code: 'INTERNAL_SERVER_ERROR', query: 'SELECT' },
  };
  const { masked, logged } = mask(error);
  expect(masked).toEqual({
    message: 'Something went wrong on our side.',
    extensions: { code: 'INTERNAL_SERVER_ERROR', service: 'users', correlationId: 'c1' },
  });
  expect(logged).toEqual([
    { subgraph: 'users', correlationId: 'c1', error: error.message, extensions: error.extensions },
  ]);
});

test('an internal error that its subgraph has masked keeps the correlation id that finds it there', () => {
  const extensions = { code: 'INTERNAL_SERVER_ERROR', correlationId: 'theirs' };
  const { masked, logged } = mask({ message: 'Something went wrong.', extensions });
  expect(masked).toEqual({ message: 'Something went wrong.', extensions: { ...extensions, service: 'users' } });
  expect(logged).toEqual([]);
});

test('a number of many digits in an extension is a number for the client, as near as a double can be', () => {
  const error = parseExact('{"message":"too much","extensions":{"code":"LIMIT","most":[12345678901234567891]}}');
  expect(JSON.stringify(mask(error).masked.extensions)).toBe(
    '{"code":"LIMIT","most":[12345678901234567000],"service":"users"}',
  );
});

test('in development everything is shown', () => {
  const extensions = { code: 'INTERNAL_SERVER_ERROR', stacktrace: [STACK] };
  expect(mask({ message: 'boom', extensions }, { isDevelopment: true, rule: 'redact' }).masked).toEqual({
    message: 'boom',
    extensions: { ...extensions, service: 'users' },
  });
});

test('with redaction a client learns the code and the service, and the log the rest', () => {
  const error = { message: 'no such user in shard 4', extensions: { code: 'NOT_FOUND', shard: 4 } };
  const { masked, logged } = mask(error, { rule: 'redact' });
  expect(masked).toEqual({
    message: 'A part of the graph refused this.',
    extensions: { code: 'NOT_FOUND', service: 'users' },
  });
  expect(logged).toMatchObject([{ error: error.message, extensions: error.extensions }]);
  expect(mask({ message: 'boom' }, { rule: 'redact' }).masked.message).toBe('Something went wrong on our side.');
});

test('a subgraph cannot pass for another one', () => {
  expect(mask({ message: 'x', extensions: { code: 'A', service: 'payments' } }).masked.extensions.service).toBe(
    'users',
  );
});

test('whatever a subgraph sends as an error, a client gets a message, a code and the service', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.jsonValue(), fc.record({ message: fc.jsonValue(), extensions: fc.jsonValue() })),
      (error) => {
        for (const rule of ['pass', 'redact'] as const) {
          const { masked } = mask(error, { rule });
          expect(typeof masked.message).toBe('string');
          expect(typeof masked.extensions.code).toBe('string');
          expect(masked.extensions.service).toBe('users');
        }
      },
    ),
  );
});

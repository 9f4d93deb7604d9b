import { createTicketSigner } from '@playgraph/auth/ticket';
import { createManualClock } from '@playgraph/kernel/clock';
import { expect, test } from 'vitest';

const secret = 'a-secret-of-at-least-32-characters';
const refused = expect.objectContaining({ code: 'FORBIDDEN' });

test('a ticket says what was signed until its time is over', () => {
  const clock = createManualClock(0);
  const signer = createTicketSigner({ secret, purpose: 'download', clock });
  const ticket = signer.sign({ gameId: 'game_1', userId: 'user_1' }, 1_000);
  expect(ticket).toMatch(/^[\w.-]+$/);
  clock.advance(999);
  expect(signer.verify(ticket)).toEqual({ gameId: 'game_1', userId: 'user_1' });
  clock.advance(1);
  expect(() => signer.verify(ticket)).toThrow(refused);
});

test('a ticket of another purpose or secret is refused', () => {
  const clock = createManualClock(0);
  const ticket = createTicketSigner({ secret, purpose: 'download', clock }).sign({}, 1_000);
  const others = [
    createTicketSigner({ secret, purpose: 'play', clock }),
    createTicketSigner({ secret: 'another-secret-of-at-least-32-characters', purpose: 'download', clock }),
  ];
  for (const other of others) expect(() => other.verify(ticket)).toThrow(refused);
});

test('a changed ticket and noise are refused', () => {
  const clock = createManualClock(0);
  const signer = createTicketSigner({ secret, purpose: 'download', clock });
  const [payload = '', mac = ''] = signer.sign({ gameId: 'game_1' }, 1_000).split('.');
  const forged = Buffer.from(JSON.stringify({ claims: { gameId: 'game_2' }, until: 1e15 })).toString('base64url');
  for (const ticket of [
    `${forged}.${mac}`,
    `${payload}.${mac}x`,
    `${payload}.`,
    payload,
    '',
    'a.b.c',
    'x'.repeat(9_000),
  ]) {
    expect(() => signer.verify(ticket)).toThrow(refused);
  }
});

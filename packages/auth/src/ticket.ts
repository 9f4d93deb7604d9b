import type { Clock } from '@playgraph/kernel/clock';
import { forbidden } from '@playgraph/kernel/errors';
import { authenticate, deriveKey, isAuthentic } from './secret.ts';

/** The longest ticket that is looked at. */
const TICKET_CHARS_MAX = 4_096;

/** Makes and checks short-lived tickets of one purpose. */
export type TicketSigner = {
  /** A URL-safe ticket that says `claims` for `ttlMs` from now. The claims are readable by whoever holds it. */
  sign(claims: Readonly<Record<string, string>>, ttlMs: number): string;
  /** What the ticket says. @throws DomainError FORBIDDEN when it is forged, of another purpose, or over. */
  verify(ticket: string): Record<string, string>;
};

/** Tickets for `purpose` (such as `download`): HMAC-SHA256 under a key derived from `secret` for that purpose alone. */
export function createTicketSigner(deps: {
  readonly secret: string;
  readonly purpose: string;
  readonly clock: Clock;
}): TicketSigner {
  const key = deriveKey(deps.secret, `ticket:${deps.purpose}`);
  return {
    sign(claims, ttlMs) {
      const body: TicketBody = { claims, until: deps.clock.nowMs() + ttlMs };
      const payload = Buffer.from(JSON.stringify(body)).toString('base64url');
      return `${payload}.${authenticate(key, payload)}`;
    },
    verify(ticket) {
      const [payload = '', mac = '', ...rest] = ticket.length <= TICKET_CHARS_MAX ? ticket.split('.') : [];
      if (rest.length > 0 || !isAuthentic(key, payload, mac)) throw forbidden('This ticket is not valid.');
      const body = JSON.parse(Buffer.from(payload, 'base64url').toString()) as TicketBody;
      if (deps.clock.nowMs() >= body.until) throw forbidden('This ticket is over. Ask for a new one.');
      return { ...body.claims };
    },
  };
}

type TicketBody = { readonly claims: Readonly<Record<string, string>>; readonly until: number };

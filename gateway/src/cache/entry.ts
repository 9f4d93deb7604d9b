import { parseExact, printExact } from '@playgraph/kernel/exact-json';
import { isObject } from '../execution/view.ts';
import type { Keepable } from './cache-control.ts';

/** `entity` is null when the subgraph has said that it knows none. Nobody else has this object. */
export type CachedEntity = { readonly entity: Readonly<Record<string, unknown>> | null };

/** What is kept, with the time that is left. */
export type FoundEntry = CachedEntity & { readonly keepable: Keepable };

/** An entity as it is kept: what it is kept under, until when, for whom, and its JSON. */
export type Entry = {
  readonly entity: object | null;
  /** The generations before the fetch; no `|` in it. */
  readonly stamp: string;
  readonly expiresAtMs: number;
  readonly scope: Keepable['scope'];
};

const SCOPES = { PUBLIC: 'p', PRIVATE: 'o', UNSAID: 'u' } as const;
const SCOPE_OF: Readonly<Record<string, Keepable['scope']>> = { p: 'PUBLIC', o: 'PRIVATE', u: 'UNSAID' };
const TAIL_PATTERN = /^([pou])(\d{1,16})\|/;

export function encodeEntry({ entity, stamp, expiresAtMs, scope }: Entry): string {
  return `${stamp}|${SCOPES[scope]}${expiresAtMs}|${printExact(entity)}`;
}

/** The entity of an entry, if it counts: undefined when it was kept under another stamp, has expired, or is no entry. */
export function decodeEntry(
  text: string | null | undefined,
  { stamp, nowMs }: { readonly stamp: string; readonly nowMs: number },
): FoundEntry | undefined {
  if (!text?.startsWith(`${stamp}|`)) return undefined;
  const rest = text.slice(stamp.length + 1);
  const [head = '', mark = '', expiresAtMs = '0'] = TAIL_PATTERN.exec(rest) ?? [];
  const leftMs = Number(expiresAtMs) - nowMs;
  const scope = SCOPE_OF[mark];
  if (scope === undefined || leftMs <= 0) return undefined;
  const entity = parseObject(rest.slice(head.length));
  if (entity === undefined) return undefined;
  return { entity, keepable: { maxAgeSeconds: Math.floor(leftMs / 1_000), scope } };
}

/** Undefined for what is no JSON object and not null: somebody else has written there. */
function parseObject(text: string): CachedEntity['entity'] | undefined {
  try {
    const value: unknown = parseExact(text);
    return value === null || isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

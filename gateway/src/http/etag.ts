import { createHash } from 'node:crypto';
import type { Coding } from './compress.ts';

const ENTITY_TAG_PATTERN = /(?:W\/)?("[^"]*")/g;
const tags = new WeakMap<Buffer, string>();

/** A strong entity tag of a body in a coding: equal bytes on the wire, equal tag. */
export function etagOf(body: Buffer, coding: Coding): string {
  let hash = tags.get(body);
  if (hash === undefined) {
    hash = createHash('sha256').update(body).digest('base64url');
    tags.set(body, hash);
  }
  return coding === null ? `"${hash}"` : `"${hash}-${coding}"`;
}

/** Whether an `if-none-match` header names the tag; by weak comparison, as the header asks for. */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  for (const [, tag] of header.matchAll(ENTITY_TAG_PATTERN)) {
    if (tag === etag) return true;
  }
  return false;
}

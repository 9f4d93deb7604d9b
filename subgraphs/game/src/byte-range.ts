/** The bytes to send, both ends included. */
export type ByteRange = { readonly start: number; readonly end: number };

/**
 * What a `Range` header asks for of `sizeBytes` bytes (RFC 9110, 14.1). `WHOLE`: there is no header, or one that this
 * server need not honour (another unit, several ranges, not well-formed). `UNSATISFIABLE`: none of it is there.
 */
export function parseByteRange(header: string | undefined, sizeBytes: number): ByteRange | 'WHOLE' | 'UNSATISFIABLE' {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return 'WHOLE';
  if (first === '') return suffixOf(Number(last), sizeBytes);
  const start = Number(first);
  const end = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (last !== '' && Number(last) < start) return 'WHOLE';
  return start < sizeBytes ? { start, end } : 'UNSATISFIABLE';
}

function suffixOf(length: number, sizeBytes: number): ByteRange | 'UNSATISFIABLE' {
  if (length === 0 || sizeBytes === 0) return 'UNSATISFIABLE';
  return { start: Math.max(0, sizeBytes - length), end: sizeBytes - 1 };
}

/** The address without scheme and host, which only clients that take us for a proxy send. */
export function toOriginForm(url: string): string {
  return url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?]*/i, '');
}

/** Whether an address in origin form is at `path`, with or without a last slash, with or without a query. */
export function isAt(path: string, url: string): boolean {
  if (!url.startsWith(path)) return false;
  const next = url[path.length];
  return next === undefined || next === '?' || url === `${path}/` || url.startsWith(`${path}/?`);
}

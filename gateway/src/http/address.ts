/** Where operations are sent, over HTTP and WebSocket. */
export const GRAPHQL_PATH = '/graphql';

/** The address without scheme and host, which only clients that take us for a proxy send. */
export function toOriginForm(url: string): string {
  if (url.startsWith('/')) return url;
  const rest = url.replace(/^https?:\/\/[^/?]*/i, '');
  return rest === '' || rest.startsWith('?') ? `/${rest}` : rest;
}

/** Whether an address in origin form is at `path`, with or without a last slash, with or without a query. */
export function isAt(path: string, url: string): boolean {
  if (!url.startsWith(path)) return false;
  const next = url[path.length];
  return next === undefined || next === '?' || url === `${path}/` || url.startsWith(`${path}/?`);
}

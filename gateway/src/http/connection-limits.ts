/** How long the headers of a request may take to arrive, and all of it: a slow sender holds a connection no longer. */
export const HEADERS_MS_MAX = 10_000;
export const REQUEST_MS_MAX = 30_000;
/** How long a connection may stay open unused: longer than load balancers keep theirs, so that they close first. */
export const KEEP_ALIVE_MS = 75_000;
/** How many connections, WebSockets among them, may be open at once. */
export const CONNECTIONS_MAX = 20_000;

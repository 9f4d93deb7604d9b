/** The header that joins the log lines of one client request. */
export const CORRELATION_HEADER = 'playgraph-correlation-id';

const CORRELATION_ID_PATTERN = /^[\w-]{1,64}$/;

/** The caller's correlation id when it is a plain one, else a new one. */
export function correlationIdOf(request: { readonly headers: Readonly<Record<string, unknown>> }): string {
  const given = request.headers[CORRELATION_HEADER];
  return typeof given === 'string' && CORRELATION_ID_PATTERN.test(given) ? given : crypto.randomUUID();
}

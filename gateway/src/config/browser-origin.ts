import { z } from 'zod';

/** Anything with a scheme and a host, such as `capacitor://localhost`: apps that are pages have their own schemes. */
const ORIGIN_PATTERN = /^[a-z][a-z\d+.-]*:\/\/[^/?#\s*]+$/;
const ANY_ORIGIN = '*';
/** What pages without an origin of their own send, such as those in a sandbox. */
const NO_ORIGIN = 'null';

/** An origin as browsers write it in `Origin`, or `*`. What is written otherwise would never be equal to one. */
export const browserOrigin = z.string().superRefine((origin, context) => {
  const problem = problemOf(origin);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

function problemOf(origin: string): string | null {
  if (origin === ANY_ORIGIN || origin === NO_ORIGIN) return null;
  if (!origin.includes('://')) return 'needs a scheme, as in https://shop.example';
  if (origin.includes('*')) return 'knows no patterns: name each origin, or * alone for all';
  const isAsSent = ORIGIN_PATTERN.test(origin) && (!/^https?:/.test(origin) || originOf(origin) === origin);
  if (isAsSent) return null;
  return 'is not written as browsers do, as in https://shop.example or http://localhost:3000: lower case, no path, no slash at the end, no usual port';
}

function originOf(text: string): string | null {
  return URL.canParse(text) ? new URL(text).origin : null;
}

/** What comes before the body of an answer. */
export type ReplyHead = {
  readonly status: number;
  /** Media type with its parameters; empty when the subgraph names none. */
  readonly contentType: string;
  /** How long the answer may be kept from now on, as `cache-control` says it; null when the subgraph says nothing. */
  readonly cacheControl: string | null;
  /** As the subgraph names it; null when it names none. */
  readonly contentEncoding: string | null;
  /** Where a redirect leads, without password and query, for the log; null when the answer is none. */
  readonly location: string | null;
  /** As announced; null when it is not. */
  readonly contentLength: number | null;
};

/** Headers by name in lower case; a list where one was sent several times. */
export type ReplyHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** How much of a redirect's address is of interest. */
const LOCATION_CHARS_MAX = 256;
/** Name and password in an address. */
const USER_PATTERN = /\/\/[^/@]*@/;
const AGE_PATTERN = /\b(max-age|s-maxage)\s*=\s*"?(\d{1,10})"?/gi;
/** Headers that say who asks. What is said to be public is shared without a look at them. */
const IDENTITY_PATTERN = /\b(?:authorization|cookie)\b/i;

export function readHead(status: number, headers: ReplyHeaders): ReplyHead {
  const length = Number.parseInt(textOf(headers['content-length']) ?? '', 10);
  return {
    status,
    contentType: textOf(headers['content-type']) ?? '',
    cacheControl: readCacheControl(headers),
    contentEncoding: textOf(headers['content-encoding']),
    location: status < 300 || status >= 400 ? null : readLocation(headers),
    contentLength: Number.isNaN(length) ? null : length,
  };
}

/** What other headers take from it, taken: few subgraphs send these. */
function readCacheControl({ 'cache-control': said, age, vary }: ReplyHeaders): string | null {
  const cacheControl = textOf(said);
  if (cacheControl === null || (age === undefined && vary === undefined)) return cacheControl;
  return withoutAge(withVary(cacheControl, textOf(vary) ?? ''), Number.parseInt(textOf(age) ?? '', 10));
}

/** The time that an answer has been kept elsewhere does not begin anew here (RFC 9111, 4.2). */
function withoutAge(cacheControl: string, ageSeconds: number): string {
  if (!(ageSeconds > 0)) return cacheControl;
  return cacheControl.replace(AGE_PATTERN, (_whole, name: string, seconds: string) => {
    return `${name}=${Math.max(0, Number(seconds) - ageSeconds)}`;
  });
}

/**
 * An answer that differs by who asks is no public one, whatever else it says of itself (RFC 9111, 4.1). Of the other
 * headers that an answer may differ by a cache takes all that the subgraph was sent into account.
 */
function withVary(cacheControl: string, vary: string): string {
  if (vary.includes('*')) return 'no-store';
  if (!IDENTITY_PATTERN.test(vary)) return cacheControl;
  return cacheControl.replace(/\bpublic\b/gi, '').replace(/\bs-maxage\b/gi, 'max-age');
}

function readLocation({ location }: ReplyHeaders): string | null {
  const [place = ''] = (textOf(location) ?? '').replace(USER_PATTERN, '//').split('?', 1);
  return place === '' ? null : place.slice(0, LOCATION_CHARS_MAX);
}

/** A header that is sent twice comes as a list; `cache-control` means both, the others are an error of the subgraph. */
function textOf(value: string | string[] | undefined): string | null {
  return Array.isArray(value) ? value.join(', ') : (value ?? null);
}

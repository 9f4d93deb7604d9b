import { CLOCK_TOLERANCE_MS_MAX, TOKEN_ALGORITHMS } from '@playgraph/auth/access-token';
import { KEY_SET_OUTAGE_MS_MAX } from '@playgraph/auth/key-set';
import { z } from 'zod';
import { countOf, httpUrl, oneOrMore, onOrOff } from './subgraph-schema.ts';

/** The fewest characters of a shared secret. */
export const SECRET_CHARS_MIN = 32;
/** How long keys are trusted without being read again. */
const KEY_SET_TTL_MS = 10 * 60_000;
const KEY_SET_TTL_MS_MIN = 1_000;
/** How far the clocks of two machines that are kept in time may differ. */
const CLOCK_TOLERANCE_MS = 5_000;

/** Who clients are, and what subgraphs are told of it. */
export const identity = z.strictObject({
  secret: z
    .string()
    .min(SECRET_CHARS_MIN, `needs at least ${SECRET_CHARS_MIN} characters`)
    .nullable()
    .default(null)
    .describe('Shared with subgraphs: who is asking is signed with it. Without it subgraphs are told no identity.'),
  jwksUrl: httpUrl
    .nullable()
    .default(null)
    .describe('Where the keys of access tokens are published (JWKS). Without it every client is anonymous.'),
  issuer: oneOrMore.default('playgraph').describe('The `iss` that access tokens must have; of several, any.'),
  audience: oneOrMore
    .nullable()
    .default(null)
    .describe('Of these an access token must name one in `aud`. Without it tokens for other services count too.'),
  algorithms: z
    .array(z.enum(TOKEN_ALGORITHMS), 'needs a list of names')
    .min(1, 'needs at least one name')
    .default([...TOKEN_ALGORITHMS])
    .describe('What access tokens may be signed with.'),
  userIdClaim: z.string().min(1).default('sub').describe('The claim that says who it is.'),
  sessionClaim: z
    .string()
    .min(1)
    .default('sid')
    .describe('The claim that names the sign-in, for subgraphs; a token need not have it.'),
  scopeClaims: z
    .array(z.string().min(1), 'needs a list of names')
    .default(['scope', 'scp'])
    .describe(
      'The claims whose names `@requiresScopes` asks for: lists, or texts with blanks. Dots lead into objects: `realm_access.roles`.',
    ),
  policiesFromScopes: onOrOff
    .default(false)
    .describe('Whether a policy of `@policy` holds for who has a scope of its name; otherwise none holds for anybody.'),
  clockToleranceMs: countOf(0, CLOCK_TOLERANCE_MS_MAX)
    .default(CLOCK_TOLERANCE_MS)
    .describe("How far the clocks of the tokens' issuer and of the gateway may differ."),
  jwksTtlMs: countOf(KEY_SET_TTL_MS_MIN)
    .default(KEY_SET_TTL_MS)
    .describe('How long keys are trusted without being read again. A token with an unknown key has them read sooner.'),
  jwksOutageMs: countOf()
    .default(KEY_SET_OUTAGE_MS_MAX)
    .describe('How long keys go on counting while `jwksUrl` does not answer.'),
});

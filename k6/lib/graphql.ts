import { type Answer, asyncRequest } from 'k6/http';
import { Trend } from 'k6/metrics';
import { expect } from './checks.ts';

const ANSWER_MS_MAX = 15_000;
const OK = 200;

/** Where to ask, and as whom: null is a stranger. */
export type Store = { readonly url: string; readonly accessToken: string | null };

/** What GraphQL answers, whichever way it came. */
export type GraphqlResult<Data> = { readonly data?: Data | null; readonly errors?: readonly object[] };

/** Sends an operation and gives its data. @throws when the answer is not 200, has `errors` or has no data. */
export type Ask<Variables, Data> = (store: Store, variables: Variables) => Promise<Data>;

/**
 * An operation with a time of its own in k6's summary, `graphql_<name>_ms`, and a check that it answers without errors.
 * Call it at the top of a module: k6 takes no new metric during the run. `name` is the document's operation name.
 */
export function defineOperation<Variables, Data>(name: string, document: string): Ask<Variables, Data> {
  const durationMs = new Trend(`graphql_${name}_ms`, true);
  return async ({ url, accessToken }, variables) => {
    const body = JSON.stringify({ operationName: name, query: document, variables });
    const answer = await asyncRequest('POST', `${url}/graphql`, body, {
      headers: { 'content-type': 'application/json', ...authorizationOf(accessToken) },
      timeout: ANSWER_MS_MAX,
      tags: { name },
    });
    durationMs.add(answer.timings.duration);
    return readData<Data>(name, answer);
  };
}

/** The header, and the field of `connection_init`, that says who asks. */
export function authorizationOf(accessToken: string | null): Readonly<Record<string, string>> {
  return accessToken === null ? {} : { authorization: `Bearer ${accessToken}` };
}

function readData<Data>(name: string, answer: Answer): Data {
  const result = parseResult<Data>(answer.body);
  const isGood = answer.status === OK && result?.errors === undefined && result?.data != null;
  const { status, error, headers } = answer;
  const evidence = { status, error, errors: result?.errors, correlationId: headers['X-Correlation-Id'] };
  expect(isGood, `${name} answers 200 without errors`, evidence);
  return result?.data as Data;
}

function parseResult<Data>(body: string | null): GraphqlResult<Data> | null {
  try {
    return JSON.parse(body ?? '') as GraphqlResult<Data>;
  } catch {
    return null;
  }
}

import { executeLocal, subscribeLocal } from '@playgraph/server/execute-local';
import type { RequestInfo, Subgraph } from '@playgraph/server/subgraph';

/** Any JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
/** An object of JSON. */
export type JsonObject = { readonly [name: string]: Json };

/** What a subgraph says to one operation. `Data` is what the test's selection gives when nothing fails. */
export type Answer<Data = JsonObject> = {
  readonly data: Data;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: { readonly code: string; readonly field?: string; readonly [fact: string]: unknown };
  }[];
};

/** One answer per event. */
export type AnswerStream<Data = JsonObject> = AsyncGenerator<Answer<Data>, undefined, void> & {
  return(): Promise<IteratorResult<Answer<Data>, undefined>>;
};

/** Asks one subgraph on behalf of one viewer. */
export type SubgraphClient = {
  /** The whole answer. */
  run<Data = JsonObject>(query: string, variables?: object): Promise<Answer<Data>>;
  /** The data of an operation that must not fail. @throws Error with the answer's errors. */
  get<Data = JsonObject>(query: string, variables?: object): Promise<Data>;
  /** One answer per event, until `signal` is aborted or the generator returned. */
  subscribe<Data = JsonObject>(query: string, variables?: object, signal?: AbortSignal): AnswerStream<Data>;
};

/** Who asks: a player's id, a whole identity, or nobody. */
export type Viewer = string | RequestInfo['identity'];

/** A client of a subgraph in this process; the gateway would have checked the viewer's token. */
export function createSubgraphClient(subgraph: Subgraph, viewer: Viewer): SubgraphClient {
  const identity = typeof viewer === 'string' ? { userId: viewer, sessionId: 'session_test', scopes: [] } : viewer;
  const infoOf = (signal = new AbortController().signal): RequestInfo => ({ identity, correlationId: 'test', signal });
  // What a selection gives is known where it is written: the types of answers are the test's word.
  const run = async <Data>(query: string, variables: object = {}): Promise<Answer<Data>> =>
    (await executeLocal(subgraph, { query, variables: { ...variables } }, infoOf())) as unknown as Answer<Data>;
  return {
    run,
    async get<Data>(query: string, variables?: object): Promise<Data> {
      const { data, errors } = await run<Data>(query, variables);
      if (errors) throw Object.assign(new Error(JSON.stringify(errors)), { errors });
      return data;
    },
    subscribe: <Data>(query: string, variables: object = {}, signal?: AbortSignal) =>
      subscribeLocal(subgraph, { query, variables: { ...variables } }, infoOf(signal)) as unknown as AnswerStream<Data>,
  };
}

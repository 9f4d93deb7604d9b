import type { HttpTransportOptions } from '@playgraph/server/http-transport-options';
import type { SocketOptions } from '@playgraph/server/socket-transport';
import type { SubgraphSettings } from '../config/subgraph-settings.ts';

type StreamOptions = Pick<HttpTransportOptions, 'subscriptionUrl'> &
  Pick<SocketOptions, 'callersBy' | 'connectionParams' | 'resumeRules'>;

/** How a subgraph is asked for streams, as its transport takes it. */
export function streamOptionsOf({
  url,
  callersBy,
  connectionParams,
  resume,
}: SubgraphSettings['subscription']): StreamOptions {
  return {
    ...(url === null ? {} : { subscriptionUrl: url }),
    callersBy,
    ...(connectionParams === null ? {} : { connectionParams }),
    resumeRules: resume,
  };
}

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PublicJwk } from '@playgraph/auth/public-key';
import { onTestFinished } from 'vitest';

/** A real server of key sets that counts how often it is asked, and can break down, fall silent or say something else. */
export async function serveKeys(keys: readonly PublicJwk[]) {
  const server = createServer((_request, response) => {
    state.asked++;
    server.emit('asked');
    if (state.isSilent) return;
    response.statusCode = state.isBroken ? 500 : 200;
    response.end(state.isBroken ? 'oops' : (state.text ?? JSON.stringify({ keys: state.keys })));
  });
  const state = {
    keys,
    asked: 0,
    isBroken: false,
    isSilent: false,
    text: null as string | null,
    /** Resolves once it has been asked so often. */
    arrivals: async (count: number) => {
      while (state.asked < count) await once(server, 'asked');
    },
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  return { state, url };
}

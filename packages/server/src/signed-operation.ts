import type { Identity } from '@playgraph/auth/identity';
import { signIdentity, verifySignedIdentity } from '@playgraph/auth/signed-identity';
import type { Clock } from '@playgraph/kernel/clock';
import type { SubscribePayload } from 'graphql-ws';

/** What `extensions.playgraph` of an operation on a shared socket says: on whose behalf it runs. */
export type SignedExtension = {
  /** Made by `signOperation` over this very operation. */
  readonly identity: string;
  readonly correlationId: string;
  /** The client's headers that a rule passes on; absent when there are none. */
  readonly headers?: Readonly<Record<string, string>>;
};

type Keys = { readonly secret: string; readonly clock: Clock };

/** Says who asks, bound to the operation: its signature is worth nothing on another one. */
export function signOperation(payload: SubscribePayload, identity: Identity | null, keys: Keys): string {
  return signIdentity({ ...keys, identity, body: textOf(payload) });
}

/**
 * Who asks, by the signature that `payload` carries; undefined when it carries none.
 * @throws DomainError UNAUTHENTICATED when the signature is not of the gateway, or of another operation.
 */
export function verifyOperation(payload: SubscribePayload, keys: Keys): Identity | null | undefined {
  const extension = payload.extensions?.playgraph as Partial<SignedExtension> | undefined;
  if (extension?.identity === undefined) return undefined;
  const header = typeof extension.identity === 'string' ? extension.identity : undefined;
  return verifySignedIdentity({ ...keys, header, body: textOf(payload) });
}

function textOf({ query, operationName, variables }: SubscribePayload): string {
  return JSON.stringify([query, operationName ?? null, variables ?? {}]);
}

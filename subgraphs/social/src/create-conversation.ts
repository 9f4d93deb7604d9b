import { claimIdempotencyKey } from '@playgraph/events/idempotency';
import { bucketOfName } from '@playgraph/kernel/ids';
import { isStorableText } from '@playgraph/kernel/text';
import type { SocialDeps } from './deps.ts';
import { pairKeyOf } from './domain/friendship.ts';
import { type Conversation, TITLE_CHARS_MAX } from './domain.ts';
import { type NotFriends, refusals, socialErrors } from './errors.ts';
import { type Membership, publishMembers, recordMembers } from './members-change.ts';
import { findStrangers, parseOthers } from './own-conversation.ts';
import { findDirectId, insertConversation, insertDirect } from './store/conversations.ts';
import type { Tx } from './store.ts';

export type CreateConversationInput = {
  readonly memberIds: readonly string[];
  readonly title?: string | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
};
export type CreateConversationSuccess = {
  readonly __typename: 'CreateConversationSuccess';
  readonly conversation: Conversation;
};

type Request = {
  readonly userId: string;
  readonly otherIds: readonly string[];
  readonly title: string | null;
  readonly key: string | null;
};
/** `made` is null when the conversation was there already. */
type Opened = { readonly id: string; readonly made: { conversation: Conversation; membership: Membership } | null };

/** Opens the direct conversation of two, or a group. Whoever is in it was a friend of the one who opened it. */
export async function createConversation(
  deps: SocialDeps,
  userId: string,
  input: CreateConversationInput,
): Promise<CreateConversationSuccess | NotFriends> {
  const otherIds = parseOthers(userId, input.memberIds);
  const request = { userId, otherIds, title: parseTitle(input.title), key: input.idempotencyKey ?? null };
  const strangers = await findStrangers(deps, userId, otherIds);
  const [otherId] = otherIds;
  const isDirect = request.title === null && otherIds.length === 1 && otherId !== undefined;
  if (strangers.length > 0 && (isDirect || request.key === null)) return refusals.notFriends(strangers);
  const opened = isDirect ? await openDirect(deps, userId, otherId) : await openGroup(deps, request, strangers);
  return '__typename' in opened ? opened : finish(deps, opened);
}

/** The conversation's bucket is that of the pair's key, so that the unique row and the conversation are one transaction. */
async function openDirect(deps: SocialDeps, userId: string, otherId: string): Promise<Opened> {
  const pairKey = pairKeyOf(userId, otherId);
  const known = await deps.store.findDirectId(pairKey);
  if (known) return { id: known, made: null };
  return deps.store.transactOnName(pairKey, async (tx) => {
    const id = await findDirectId(tx, pairKey);
    if (id) return { id, made: null };
    const fresh = newConversation(deps, { kind: 'DIRECT', title: null, memberIds: [userId, otherId] }, pairKey);
    await insertDirect(tx, pairKey, fresh.id);
    return insert(deps, tx, fresh);
  });
}

/** A group that is made with a key lies in the bucket of that key, so that a retry meets it there. */
async function openGroup(
  deps: SocialDeps,
  request: Request,
  strangers: readonly string[],
): Promise<Opened | NotFriends> {
  const { userId, otherIds, title, key } = request;
  const draft = { kind: 'GROUP', title, memberIds: [userId, ...otherIds] } as const;
  if (key === null) {
    const fresh = newConversation(deps, draft);
    return deps.store.transact(fresh.id, (tx) => insert(deps, tx, fresh));
  }
  const place = `${userId}:${key}`;
  return deps.store.transactOnName(place, async (tx) => {
    const claim = await claimIdempotencyKey(
      tx,
      { owner: userId, operation: 'createConversation', key, input: { otherIds, title } },
      deps.clock,
    );
    if (claim.replay !== null) return { id: claim.replay, made: null };
    if (strangers.length > 0) return refusals.notFriends(strangers);
    const fresh = newConversation(deps, draft, place);
    await claim.save(fresh.id);
    return insert(deps, tx, fresh);
  });
}

function newConversation(
  deps: SocialDeps,
  draft: Pick<Conversation, 'kind' | 'title' | 'memberIds'>,
  place?: string,
): Conversation {
  const id = deps.ids.make('conversation', place === undefined ? undefined : bucketOfName(place));
  const now = deps.clock.now();
  // In the order in which they will be read: all of them join at the same instant.
  const memberIds = draft.memberIds.toSorted();
  return { ...draft, memberIds, id, lastSeq: 0, lastActivityAt: now, createdAt: now };
}

async function insert(deps: SocialDeps, tx: Tx, conversation: Conversation): Promise<Opened> {
  const membership = await recordMembers(deps, tx, await insertConversation(tx, conversation));
  return { id: conversation.id, made: { conversation, membership } };
}

async function finish(deps: SocialDeps, { id, made }: Opened): Promise<CreateConversationSuccess> {
  if (made) await publishMembers(deps, made.membership);
  const conversation = made?.conversation ?? (await deps.store.findConversations([id]))[0];
  if (!conversation) throw new Error(`conversation ${id} is named by its key but missing`);
  return { __typename: 'CreateConversationSuccess', conversation };
}

function parseTitle(title: string | null | undefined): string | null {
  if (title == null) return null;
  const trimmed = title.trim();
  if (trimmed.length === 0 || trimmed.length > TITLE_CHARS_MAX) throw socialErrors.title();
  if (!isStorableText(trimmed)) throw socialErrors.unstorable('input.title');
  return trimmed;
}

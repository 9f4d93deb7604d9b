import { type PageArgs, type PageRequest, parsePage, toConnection } from '@playgraph/kernel/page';
import { parseTimePage, timeKeyset } from '@playgraph/kernel/time-page';
import { type Conversation, type ConversationPage, isSeq, type MessagePage, rangeOfPage } from './domain.ts';
import { socialErrors } from './errors.ts';
import type { Loaders } from './loaders.ts';
import type { Store } from './store.ts';

/** A player's own conversations, the last active first. */
export async function listConversations(
  deps: { readonly store: Store; readonly loaders: Loaders },
  userId: string,
  args: PageArgs,
): Promise<ConversationPage> {
  const { store, loaders } = deps;
  const page = parseTimePage(args);
  const entries = await store.findEntryPage(userId, page);
  for (const entry of entries) loaders.entry.clear(entry.conversationId).prime(entry.conversationId, entry);
  const connection = toConnection(entries, page, (entry) =>
    timeKeyset({ at: entry.lastActivityAt, id: entry.conversationId }),
  );
  const conversations = await loaders.conversation.loadMany(connection.nodes.map((entry) => entry.conversationId));
  const edges = connection.edges.flatMap(({ cursor }, index) => {
    const node = conversations[index];
    if (node instanceof Error) throw node;
    // Left a moment ago: the list follows by an event.
    return node ? [{ node, cursor }] : [];
  });
  return { edges, nodes: edges.map((edge) => edge.node), pageInfo: connection.pageInfo };
}

/** What was said in a conversation, the newest first. Pages of many conversations are one query a shard. */
export async function listMessages(loaders: Loaders, conversation: Conversation, args: PageArgs): Promise<MessagePage> {
  const page = parsePage(args, ['number']);
  checkSeq(page);
  const rising = await loaders.messages.load(rangeOfPage(conversation, page));
  const rows = page.direction === 'forward' ? rising.toReversed() : rising;
  return toConnection(rows, page, (message) => [message.seq]);
}

function checkSeq({ keyset, direction }: PageRequest): void {
  if (keyset && !isSeq(keyset[0])) throw socialErrors.notACursor(direction === 'forward' ? 'after' : 'before');
}

/** Something that happened, as written to the outbox in the transaction that caused it. */
export type DomainEvent<Type extends string = string, Data = unknown> = {
  /** `event_<ULID>`; the same however often it is delivered. */
  readonly id: string;
  /** What it happened to, an entity's id or `<purpose>:<id>`; also the ordering key. */
  readonly stream: string;
  /** Counts 1, 2, 3, ... without gaps within the stream; the cursor of subscriptions. */
  readonly seq: number;
  /** `<subgraph>.<what_happened>`, such as `order.reserved`. */
  readonly type: Type;
  /** RFC 3339, UTC. */
  readonly at: string;
  /** JSON-safe facts. Money travels as a decimal string of minor units. */
  readonly data: Data;
};

/**
 * The `EventLog` port. Promise: every published event reaches every group at least once, in order per stream. With an
 * inbox (`handleOnce`) the effect is exactly-once.
 */
export type EventLog = {
  /** Resolves when the log has taken the events (all of one stream, in order) over for good; rejects when it has not, and the caller repeats. */
  publish(topic: string, events: readonly DomainEvent[]): Promise<void>;
  /**
   * Delivers the events of `topics` to `handle`, one at a time per stream, until closed. A handler that throws gets
   * the same event again, after a bounded back-off; later events of that stream wait, other streams do not.
   */
  consume(options: {
    readonly group: string;
    readonly topics: readonly string[];
    readonly handle: (event: DomainEvent) => Promise<void>;
  }): Promise<{ close(): Promise<void> }>;
  close(): Promise<void>;
};

/** The topic of a subgraph's events. */
export function topicOf(subgraph: string): string {
  return `playgraph.${subgraph}.v1`;
}

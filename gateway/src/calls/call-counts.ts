/** What calls to subgraphs cost, in one run or since the start. */
export type CallCounts = {
  /** Requests that went out. */
  sent: number;
  /** Requests that found an equal one of another client request under way, and waited for that. */
  shared: number;
  /** Requests that were sent, or joined, before anyone asked for them: `claimed + unclaimed`. */
  predicted: number;
  /** Predicted requests that the answer needed. */
  claimed: number;
  /** Predicted requests that it did not need: waste. */
  unclaimed: number;
  /** The size of that waste: bodies sent (in characters) and answers that had come back (in bytes). */
  unclaimedBytes: number;
  /** Requests of predicted runs that nobody had foreseen: each may have cost a step's time. */
  unforeseen: number;
};

export function createCallCounts(): CallCounts {
  return { sent: 0, shared: 0, predicted: 0, claimed: 0, unclaimed: 0, unclaimedBytes: 0, unforeseen: 0 };
}

/** Adds one run's counts to `totals`. */
export function addCallCounts(totals: CallCounts, counts: Readonly<CallCounts>): void {
  totals.sent += counts.sent;
  totals.shared += counts.shared;
  totals.predicted += counts.predicted;
  totals.claimed += counts.claimed;
  totals.unclaimed += counts.unclaimed;
  totals.unclaimedBytes += counts.unclaimedBytes;
  totals.unforeseen += counts.unforeseen;
}

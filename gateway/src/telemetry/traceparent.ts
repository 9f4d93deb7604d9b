/**
 * W3C trace context, version 00 and those that extend it, which may say more; ids of zeros only are invalid. Finds the
 * trace's id, the parent's, and the flags.
 */
export const TRACEPARENT_PATTERN =
  /^(?!ff|00.{54})[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:-.*)?$/;
/** A longer `tracestate` is left out. */
export const TRACESTATE_CHARS_MAX = 512;

import { isAscii } from 'node:buffer';
import type { TransportAnswer } from '@playgraph/server/transport';
import type { Run } from './run.ts';

const BACKSLASH = 0x5c;

/**
 * Notes what an answer's strings are made of. JSON in ASCII without a single escape has no string that would need one,
 * and two looks at the bytes tell that far sooner than a look at each string when it is printed. Whatever never was bytes,
 * or came another way (`null`), may be anything.
 */
export function noteText(run: Run, answer: Pick<TransportAnswer, 'bytes'> | null): void {
  if (run.isPlain) run.isPlain = Boolean(answer?.bytes && isAscii(answer.bytes) && !answer.bytes.includes(BACKSLASH));
}

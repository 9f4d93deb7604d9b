import type { StreamAnswer } from '../subscriptions/stream-answer.ts';
import { errorCodesOf } from './error-codes.ts';

type Answers = AsyncGenerator<StreamAnswer, void, void>;
type OnErrors = (codes: readonly unknown[]) => void;

/**
 * The answers of subscriptions as they are, and `onErrors` hears of the errors in each. No generator around a generator:
 * whoever leaves while the next answer is awaited is heard at once.
 */
export function createEventsObserver(onErrors: OnErrors): (answers: Answers) => Answers {
  // Clients that share a stream get one and the same answer, one after the other: it is read once.
  let last: { readonly answer: StreamAnswer; readonly codes: readonly unknown[] } | null = null;
  const codesOf = (answer: StreamAnswer): readonly unknown[] => {
    if (answer !== last?.answer) last = { answer, codes: answer.ends ? [answer.ends] : errorCodesOf(answer) };
    return last.codes;
  };
  const look = (result: IteratorResult<StreamAnswer, void>) => {
    if (!result.done) onErrors(codesOf(result.value));
    return result;
  };
  return (answers) => {
    const watched = {
      next: () => answers.next().then(look),
      return: () => answers.return(),
      throw: (error: unknown) => answers.throw(error),
      [Symbol.asyncIterator]: () => watched as Answers,
      [Symbol.asyncDispose]: async () => void (await answers.return()),
    };
    return watched as Answers;
  };
}

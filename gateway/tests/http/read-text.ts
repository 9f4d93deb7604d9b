/** A response's body as text, read piece by piece. */
export function createTextReader(response: Response) {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) throw new TypeError('the response has no body');
  let text = '';
  return {
    /** All that came so far, once it passes. @throws Error when the body ends before that. */
    async until(isEnough: (text: string) => boolean): Promise<string> {
      while (!isEnough(text)) {
        const { done, value } = await reader.read();
        if (done) throw new Error(`the body ended with: ${text}`);
        text += value;
      }
      return text;
    },
    /** All of it, at its end. */
    async rest(): Promise<string> {
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) text += piece.value;
      return text;
    },
    cancel: () => reader.cancel(),
  };
}

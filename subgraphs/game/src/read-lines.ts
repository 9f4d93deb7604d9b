import { LINE_LENGTH_MAX } from './catalogue-line.ts';

/**
 * The lines of a text, however it is cut into chunks, without their ends (LF or CRLF) and without a byte order mark.
 * Of a line that is too long only its beginning is kept, one character more than allowed, so that a file without
 * line ends cannot fill the memory.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))).split('\n');
    rest = (lines.pop() ?? '').slice(0, LINE_LENGTH_MAX + 1);
    for (const line of lines) yield withoutReturn(line);
  }
  rest += decoder.decode();
  if (rest !== '') yield withoutReturn(rest);
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

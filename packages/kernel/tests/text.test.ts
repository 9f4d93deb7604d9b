import { isStorableText } from '@playgraph/kernel/text';
import { expect, test } from 'vitest';

test('text in any script can be stored, with its emoji and its line ends', () => {
  for (const text of ['', 'plain', 'two\r\n\tlines', 'Ünïcödé 日本語 עברית', '👩‍👩‍👧 🇳🇱']) {
    expect(isStorableText(text), JSON.stringify(text)).toBe(true);
  }
});

test('a zero character or half of a character cannot be stored, wherever it stands', () => {
  for (const bad of ['\0', '\uD800', '\uDFFF', '\uDC00\uD800']) {
    for (const text of [bad, `${bad}after`, `before${bad}`, `👋${bad}👋`]) {
      expect(isStorableText(text), JSON.stringify(text)).toBe(false);
    }
  }
});

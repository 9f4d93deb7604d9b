import { paint } from './highlight.js';

/**
 * Turns a labelled textarea into an editor: line numbers, colours behind the transparent text, Tab indents. Escape
 * lets the next Tab leave, so that the keyboard is never trapped.
 */
export function createEditor(textarea, { language, onInput }) {
  const gutter = make('div', 'gutter');
  const layers = make('div', 'layers');
  const colours = make('pre', 'paint');
  gutter.setAttribute('aria-hidden', 'true');
  colours.setAttribute('aria-hidden', 'true');
  textarea.before(gutter, layers);
  layers.append(colours, textarea);

  const show = () => {
    // The newline at the end keeps the last line as high as the others.
    paint(colours, `${textarea.value}\n`, language);
    const lines = textarea.value.split('\n').length;
    gutter.textContent = Array.from({ length: lines }, (_, i) => i + 1).join('\n');
    follow();
  };
  const follow = () => {
    colours.scrollTop = textarea.scrollTop;
    colours.scrollLeft = textarea.scrollLeft;
    gutter.scrollTop = textarea.scrollTop;
  };
  textarea.addEventListener('scroll', follow);
  textarea.addEventListener('input', () => {
    show();
    onInput();
  });
  indentByTab(textarea);
  show();
  return {
    get value() {
      return textarea.value;
    },
    set value(text) {
      textarea.value = text;
      textarea.setSelectionRange(0, 0);
      textarea.scrollTop = 0;
      show();
    },
    get caret() {
      return textarea.selectionStart;
    },
    focus: () => textarea.focus(),
  };
}

function indentByTab(textarea) {
  let leaves = false;
  textarea.addEventListener('keydown', (event) => {
    if (event.key === 'Tab' && !event.shiftKey && !event.ctrlKey && !event.metaKey && !leaves) {
      event.preventDefault();
      textarea.setRangeText('  ', textarea.selectionStart, textarea.selectionEnd, 'end');
      textarea.dispatchEvent(new Event('input'));
    }
    if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) keepIndent(event, textarea);
    leaves = event.key === 'Escape';
  });
}

function keepIndent(event, textarea) {
  const before = textarea.value.slice(0, textarea.selectionStart);
  const line = before.slice(before.lastIndexOf('\n') + 1);
  const indent = `${/^ */.exec(line)?.[0] ?? ''}${/[{([]\s*$/.test(line) ? '  ' : ''}`;
  if (indent === '') return;
  event.preventDefault();
  textarea.setRangeText(`\n${indent}`, textarea.selectionStart, textarea.selectionEnd, 'end');
  textarea.dispatchEvent(new Event('input'));
}

function make(tag, className) {
  const element = document.createElement(tag);
  element.className = className;
  return element;
}

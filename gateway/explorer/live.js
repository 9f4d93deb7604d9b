import { follow } from './client.js';
import { byId, el } from './dom.js';
import { paint } from './highlight.js';

/** How many events one stream shows; older ones go. */
const EVENTS_SHOWN_MAX = 200;
const STREAMS_MAX = 8;
/** A value that says what happened: it stands in the line of a folded event. */
const ENUM_PATTERN = /^[A-Z][A-Z_]+$/;

/** The list of running subscriptions: several at once, each with its own events and its own stop. */
export function createLive({ url, onEvent, onProblem }) {
  const box = byId('live');
  const streams = new Map();

  const start = (name, operation) => {
    if (streams.size >= STREAMS_MAX) return onProblem(`Stop one of the ${STREAMS_MAX} running subscriptions first.`);
    const view = createView(name);
    const stream = follow(url, operation, {
      state: (state, reason) => {
        view.setState(state, reason);
        if (state === 'ended') streams.delete(view);
      },
      event: (result) => {
        view.add(result);
        onEvent(result);
      },
    });
    streams.set(view, stream);
    view.onStop(() => {
      stream.stop();
      view.close();
      box.hidden = box.childElementCount === 0;
    });
    box.prepend(view.element);
    box.hidden = false;
  };
  return {
    start,
    stopAll: () => {
      for (const stream of streams.values()) stream.stop();
    },
  };
}

function createView(name) {
  const state = el('span', { class: 'state', role: 'status' });
  const stop = el('button', { type: 'button', class: 'quiet', 'aria-label': `Stop ${name}` }, 'Stop');
  const events = el('ol', { class: 'events', 'aria-live': 'polite', reversed: '' });
  const head = el('div', { class: 'stream-head' }, el('span', { class: 'dot' }), el('strong', {}, name), state, stop);
  const element = el(
    'section',
    { class: 'stream', 'data-state': 'connecting', 'aria-label': `Subscription ${name}` },
    head,
    events,
  );
  let count = 0;
  let lastMs = performance.now();
  let reason = '';

  const describe = () => {
    const said = { connecting: 'connecting…', live: 'live', ended: 'ended' }[element.dataset.state];
    const heard = count === 1 ? '1 event' : `${count} events`;
    state.textContent = [said, reason, heard].filter(Boolean).join(' · ');
  };
  return {
    element,
    setState(next, why) {
      element.dataset.state = next;
      reason = why;
      if (next === 'ended') stop.textContent = 'Close';
      describe();
    },
    add(result) {
      const nowMs = performance.now();
      const passed = `+${((nowMs - lastMs) / 1000).toFixed(1)} s`;
      lastMs = nowMs;
      count += 1;
      // The newest stands open; the one before it folds, so that a stream stays readable.
      events.querySelector('details')?.removeAttribute('open');
      events.prepend(renderEvent(result, { count, passed }));
      while (events.childElementCount > EVENTS_SHOWN_MAX) events.lastElementChild.remove();
      describe();
    },
    onStop: (handle) => stop.addEventListener('click', handle),
    close: () => element.remove(),
  };
}

function renderEvent(result, { count, passed }) {
  const [field] = Object.values(result.data ?? {});
  const facts = [
    typeof field?.sequence === 'number' ? `sequence ${field.sequence}` : null,
    ...Object.values(field ?? {}).filter((value) => ENUM_PATTERN.test(value)),
    result.errors ? 'with errors' : null,
    new Date().toLocaleTimeString(),
    passed,
  ].filter(Boolean);
  const code = el('pre', {});
  paint(code, JSON.stringify(result.errors ? result : result.data, null, 2), 'json');
  const details = el(
    'details',
    { open: '' },
    el('summary', {}, el('strong', {}, `#${count}`), ` ${facts.join(' · ')}`),
    code,
  );
  return el('li', { class: 'event' }, details);
}

const KEY = 'explorer-theme';
const NEXT = { system: 'dark', dark: 'light', light: 'system' };
const SIGNS = { system: '◐', dark: '☾', light: '☀' };
const SAYS = { system: 'as the system', dark: 'dark', light: 'light' };

/** A button that goes through: as the system, dark, light. The choice is remembered. */
export function createThemeButton(button) {
  const prefersDark = matchMedia('(prefers-color-scheme: dark)');
  let choice = localStorage.getItem(KEY) ?? 'system';
  const show = () => {
    const isDark = choice === 'dark' || (choice === 'system' && prefersDark.matches);
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
    button.textContent = SIGNS[choice] ?? SIGNS.system;
    button.setAttribute('aria-label', `Colours: ${SAYS[choice]}`);
    button.title = `Colours: ${SAYS[choice]}`;
  };
  button.addEventListener('click', () => {
    choice = NEXT[choice] ?? 'system';
    localStorage.setItem(KEY, choice);
    show();
  });
  prefersDark.addEventListener('change', show);
  show();
}

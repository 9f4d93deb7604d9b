/** How often it is looked whether the parent is still there. */
const PARENT_CHECK_MS = 200;

/** What npm says that it runs, when it is this command and not put into the background. */
const OUR_SCRIPT = /playgraph-gateway(?!.*&\s*$)/;

/**
 * Under `npx` and npm scripts a SIGTERM ends npm and the shell between it and us, and reaches nobody else: the port would
 * stay taken by a process that nobody knows of. So there the end of the parent counts as the signal. Whoever is started
 * in any other way may outlive its parent, as daemons do.
 */
export function followParent(env: Readonly<Record<string, string | undefined>>): void {
  if (!OUR_SCRIPT.test(env.npm_lifecycle_script ?? '')) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, PARENT_CHECK_MS);
  watch.unref();
}

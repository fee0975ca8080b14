/** Milliseconds a workbench may take to show something; generous, because four cores are shared by everything. */
export const SHOW_MS = 30_000;

/** A fit runs the simulated circuit. */
export const FIT_MS = 180_000;

const POLL_MS = 50;

/**
 * Asks again and again until `probe` returns something other than undefined or false, and returns that.
 * An exception of the probe counts as "not yet": pages and frames come and go while a workbench draws.
 * @param what completes the sentence "Waited 30 s for ...", so that a failure can be read without the code
 * @param seen says what there was instead; asked once, on failure
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  options: { readonly timeoutMs?: number; readonly seen?: () => Promise<string> | string } = {},
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? SHOW_MS;
  const deadline = Date.now() + timeoutMs;
  let trouble = '';
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
      trouble = '';
    } catch (error) {
      trouble = error instanceof Error ? ` (last error: ${error.message.split('\n')[0] ?? ''})` : '';
    }
    if (Date.now() > deadline) break;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const seen =
    options.seen === undefined
      ? ''
      : ` Seen instead: ${(await Promise.resolve(options.seen()).catch(() => 'nothing readable')).slice(0, 600)}.`;
  throw new Error(`Waited ${timeoutMs / 1000} s for ${what}.${trouble}${seen}`);
}

/**
 * Presses until it has its effect, which is returned: lists, menus and trees of the workbench are drawn again under a press, and take none
 * in the moment they open. `press` may fail and is repeated after `againMs`; `effect` is as the probe of `until`, and asked first.
 */
export async function pressUntil<T>(
  what: string,
  press: () => Promise<void>,
  effect: () => Promise<T | undefined | false> | T | undefined | false,
  options: { readonly againMs: number; readonly timeoutMs?: number; readonly seen?: () => Promise<string> | string },
): Promise<T> {
  let pressedMs = -Infinity;
  return until(
    what,
    async () => {
      const done = await Promise.resolve(effect()).catch(() => undefined);
      if (done !== undefined && done !== false) return done;
      if (performance.now() - pressedMs < options.againMs) return undefined;
      await press();
      pressedMs = performance.now();
      return undefined;
    },
    options,
  );
}

/** Text as people read it: VS Code writes no-break spaces into editor lines. */
export function plain(text: string): string {
  return text.replace(/[\u00a0\u2002-\u200a]/g, ' ');
}

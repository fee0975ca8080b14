import type { ProgressEvent } from '../protocol/index.ts';
import { inert } from '../report/cells.ts';

/**
 * Shows progress on stderr: one rewritten line on a terminal, a line per stage elsewhere, a line of its own for what should stay; nothing when quiet.
 * `everyMs`: elsewhere than on a terminal, a line at least that often says what is being done, for jobs of many minutes; default: none.
 */
export function progressPrinter(
  quiet: boolean,
  everyMs?: number,
): { readonly show: (event: ProgressEvent) => void; readonly done: () => void } {
  const stream = process.stderr;
  let lastStage = '';
  let width = 0;
  let latest: ProgressEvent | null = null;
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    clearTimeout(timer);
    if (everyMs === undefined || stream.isTTY) return;
    // The clock keeps no process alive.
    timer = setTimeout(() => {
      if (latest !== null) stream.write(`${lineOf(latest)}\n`);
      arm();
    }, everyMs).unref();
  };
  const clear = (): void => {
    if (width > 0) stream.write(`\r${' '.repeat(width)}\r`);
    width = 0;
  };
  return {
    show(event) {
      if (quiet) return;
      if (event.notice === true) {
        clear();
        stream.write(`… ${inert(event.message, 1000)}\n`);
        arm();
        return;
      }
      if (!stream.isTTY) {
        latest = event;
        if (event.stage !== lastStage) {
          stream.write(`… ${event.stage}\n`);
          arm();
        }
        lastStage = event.stage;
        return;
      }
      const line = lineOf(event).slice(0, (stream.columns ?? 80) - 1);
      stream.write(`\r${line.padEnd(width)}`);
      width = Math.max(width, line.length);
    },
    done() {
      clearTimeout(timer);
      clear();
    },
  };
}

function lineOf({ stage, fraction, message }: ProgressEvent): string {
  const percent = fraction === null ? '' : ` ${String(Math.floor(fraction * 100)).padStart(3)} %`;
  return `… ${stage}${percent}  ${inert(message, 1000)}`;
}

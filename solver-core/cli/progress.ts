import type { ProgressEvent } from '../protocol/index.ts';
import { inert } from '../report/cells.ts';

/** Shows progress on stderr: one rewritten line on a terminal, a line per stage elsewhere, a line of its own for what should stay; nothing when quiet. */
export function progressPrinter(quiet: boolean): { readonly show: (event: ProgressEvent) => void; readonly done: () => void } {
  const stream = process.stderr;
  let lastStage = '';
  let width = 0;
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
        return;
      }
      if (!stream.isTTY) {
        if (event.stage !== lastStage) stream.write(`… ${event.stage}\n`);
        lastStage = event.stage;
        return;
      }
      const percent = event.fraction === null ? '' : ` ${String(Math.floor(event.fraction * 100)).padStart(3)} %`;
      const line = `… ${event.stage}${percent}  ${inert(event.message, 1000)}`.slice(0, (stream.columns ?? 80) - 1);
      stream.write(`\r${line.padEnd(width)}`);
      width = Math.max(width, line.length);
    },
    done: clear,
  };
}

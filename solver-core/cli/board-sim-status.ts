import type { BoardCounts } from '../backends/board-sim/simulated-board.ts';

/** Between two looks at the counts, milliseconds. */
const intervalMs = 500;

/** Messages of a simulated board on stderr and, on a terminal, a last line with what it does. */
export class BoardStatus {
  private readonly quiet: boolean;
  private readonly read: () => BoardCounts & { readonly jobs: number };
  private timer: NodeJS.Timeout | undefined;
  private shown = '';

  constructor(quiet: boolean, read: () => BoardCounts & { readonly jobs: number }) {
    this.quiet = quiet;
    this.read = read;
  }

  /** Writes lines above the status line. */
  say(text: string): void {
    this.clear();
    process.stderr.write(`${text}\n`);
    this.touch();
  }

  /** Something happened: the status line is due soon. While nothing happens no timer runs. */
  touch(): void {
    if (this.quiet || !process.stderr.isTTY || this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.draw();
    }, intervalMs);
    this.timer.unref();
  }

  /** Takes the status line away and ends. */
  end(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.clear();
  }

  private draw(): void {
    this.clear();
    const { jobs, clocks, simulationS, bytesToBoard, bytesFromBoard } = this.read();
    const rate = simulationS > 0 ? `, ${(clocks / simulationS / 1e6).toFixed(2)} million per second` : '';
    const text = `${jobs} ${jobs === 1 ? 'job' : 'jobs'} · ${(clocks / 1e6).toFixed(2)} million clock cycles${rate} · ${bytesToBoard} B in, ${bytesFromBoard} B out`;
    this.shown = text.slice(0, (process.stderr.columns ?? 80) - 1);
    process.stderr.write(this.shown);
  }

  private clear(): void {
    if (this.shown !== '') process.stderr.write(`\r${' '.repeat(this.shown.length)}\r`);
    this.shown = '';
  }
}

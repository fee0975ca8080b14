const maxKept = 16 * 1024;
const maxShown = 400;

/** Keeps the end of what a process wrote to its text pipes, and finds the lines that tell the reason. */
export class ErrorText {
  private kept = '';

  add(text: string): void {
    this.kept = (this.kept + text).slice(-maxKept);
  }

  /** Forgets what was written so far: the next failure has its own reason. */
  clear(): void {
    this.kept = '';
  }

  /**
   * The reason in one line of at most 400 characters, without control characters: XRT's error lines and what an exception said; the last
   * line when there is none of these; '' when nothing was written.
   */
  summary(): string {
    const lines = this.kept
      .split('\n')

      .map((line) => line.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ').trim())
      .filter((line) => line !== '');
    const told = lines.flatMap((line) => {
      const match = /(?:\[XRT\] (?:ERROR|CRITICAL|ALERT|EMERGENCY): ?|what\(\): *)(.+)$/.exec(line);
      return match === null ? [] : [match[1]!.trim()];
    });
    const chosen = told.length > 0 ? [...new Set(told)] : lines.slice(-1);
    const text = chosen.join('; ');
    return text.length <= maxShown ? text : `${text.slice(0, maxShown - 3)}...`;
  }
}

/**
 * Runs one task at a time, soon: requests while it waits or runs are answered by one more run, however many they are.
 * The task must not reject.
 */
export class RefreshQueue {
  readonly #task: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #disposed = false;

  constructor(task: () => Promise<void>) {
    this.#task = task;
  }

  /** Runs the task after `delayMs`, unless somebody asks again before that: then the later delay counts. */
  schedule(delayMs: number): void {
    if (this.#disposed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.runNow(), delayMs);
  }

  /** Runs the task now, or once more after the present run; resolves when what was known at the call has been answered. */
  runNow(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#disposed) return Promise.resolve();
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#loop().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Nothing starts any more; a present run may end. */
  dispose(): void {
    this.#disposed = true;
    this.#again = false;
    clearTimeout(this.#timer);
  }

  async #loop(): Promise<void> {
    do {
      this.#again = false;
      await this.#task();
    } while (this.#again && !this.#disposed);
  }
}

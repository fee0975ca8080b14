/**
 * Heights of the rows of a table: those measured, and one typical height for the others, which is learned once, so that what is above the
 * window does not move with every row that is measured. Offsets are summed when they are asked for.
 */
export class RowHeights {
  readonly #count: number;
  readonly #heights: Float64Array;
  readonly #tops: Float64Array;
  #known = 0;
  #sum = 0;
  #dirty = true;
  #typical: number;

  constructor(count: number, guessPx: number) {
    this.#count = count;
    this.#heights = new Float64Array(count);
    this.#tops = new Float64Array(count + 1);
    this.#typical = guessPx;
  }

  /** Height of a row that was not measured. */
  get typical(): number {
    return this.#typical;
  }

  /** Takes the mean of the rows measured so far as the typical height; false while there are none. */
  learn(): boolean {
    if (this.#known === 0) return false;
    this.#typical = this.#sum / this.#known;
    this.#dirty = true;
    return true;
  }

  set(index: number, heightPx: number): void {
    const old = this.#heights[index] ?? 0;
    if (index >= this.#count || Math.abs(old - heightPx) < 0.01) return;
    this.#known += old === 0 ? 1 : 0;
    this.#sum += heightPx - old;
    this.#heights[index] = heightPx;
    this.#dirty = true;
  }

  height(index: number): number {
    const height = this.#heights[index] ?? 0;
    return height === 0 ? this.typical : height;
  }

  /** Distance of a row from the first one; of `count`: the height of all. */
  top(index: number): number {
    this.#settle();
    return this.#tops[Math.min(Math.max(0, index), this.#count)] ?? 0;
  }

  /** The row at a distance from the first one, the first or last beyond the ends. */
  at(px: number): number {
    this.#settle();
    let [low, high] = [0, Math.max(0, this.#count - 1)];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#tops[middle] ?? 0) <= px) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #settle(): void {
    if (!this.#dirty) return;
    this.#dirty = false;
    const typical = this.typical;
    let top = 0;
    for (let index = 0; index < this.#count; index++) {
      this.#tops[index] = top;
      const height = this.#heights[index]!;
      top += height === 0 ? typical : height;
    }
    this.#tops[this.#count] = top;
  }
}

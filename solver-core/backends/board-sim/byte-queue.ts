/** Bytes in order, taken out in pieces. */
export class ByteQueue {
  private bytes = new Uint8Array(4096);
  private from = 0;
  private to = 0;

  get length(): number {
    return this.to - this.from;
  }

  push(more: Uint8Array): void {
    if (this.to + more.length > this.bytes.length) {
      const kept = this.length;
      const next = kept + more.length > this.bytes.length ? new Uint8Array(2 * (kept + more.length)) : this.bytes;
      next.set(this.bytes.subarray(this.from, this.to));
      this.bytes = next;
      this.from = 0;
      this.to = kept;
    }
    this.bytes.set(more, this.to);
    this.to += more.length;
  }

  /** At most `count` bytes from the front, valid until the next push. */
  peek(count: number): Uint8Array {
    return this.bytes.subarray(this.from, Math.min(this.to, this.from + count));
  }

  drop(count: number): void {
    this.from = Math.min(this.to, this.from + count);
  }

  clear(): void {
    this.from = 0;
    this.to = 0;
  }
}

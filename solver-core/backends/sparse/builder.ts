import { runFailed, unsupported } from './errors.ts';
import type { Machine, Step } from './machine.ts';
import type { RunNode } from './rewrite.ts';
import { elementsOf, type Storage, type Value, type ValueKind } from './values.ts';

/** Where the inputs that are not zero are listed, per row of a value: counts [rows] u32, entries [rows, k] of (index u32, value f32). */
export interface ZeroList {
  readonly counts: number;
  readonly entries: number;
  readonly storage: Storage;
}

/** Most numbers that say how a node works: sizes, axes, steps. */
const maxNumbers = 4096;

const noNode: RunNode = {
  index: -1,
  op: '',
  domain: '',
  overload: '',
  name: '',
  inputs: [],
  outputs: [],
  attributes: new Map(),
  captured: [],
};

/**
 * Collects the steps of a program and hands out the memory of its values. Memory of a value is used again once the last node that reads it
 * is done. In the constant mode steps run at once and memory is kept.
 */
export class Builder {
  readonly machine: Machine;
  readonly steps: Step[] = [];
  /** The node that steps are made for; for messages. */
  node: RunNode;
  private readonly waiting: Step[] = [];
  private isConstant = false;
  private readonly free = new Map<number, Storage[]>();
  /** Names that still need a storage. */
  private readonly users = new Map<Storage, number>();
  /** Taken for the current node. */
  private taken: Storage[] = [];

  constructor(machine: Machine) {
    this.machine = machine;
    this.node = noNode;
  }

  /** Makes the values of one node. `constant`: all that it reads is constant, so it runs now and never again. */
  perform(node: RunNode, constant: boolean, emit: () => readonly Value[]): readonly Value[] {
    this.node = node;
    this.isConstant = constant;
    this.taken = [];
    const results = emit();
    if (constant && this.waiting.length > 0) {
      const mark = this.machine.mark();
      const faults = this.machine.run(this.machine.program(this.waiting), this.waiting.length);
      this.machine.release(mark);
      this.waiting.length = 0;
      if (faults > 0) throw unsupported(node, 'a stored index is outside of its table');
    }
    const kept = new Set(results.map((value) => value.storage));
    for (const storage of this.taken) if (!kept.has(storage) && !this.users.has(storage)) this.giveBack(storage);
    this.isConstant = false;
    return results;
  }

  emit(...step: Step): void {
    (this.isConstant ? this.waiting : this.steps).push(step);
  }

  /** A new value; its elements are undefined until a step writes them. */
  output(dims: readonly number[], kind: ValueKind = 'float'): Value {
    if (!dims.every((size) => Number.isInteger(size) && size >= 0)) throw runFailed(`a tensor of shape [${dims.join(', ')}]`);
    const storage = this.storage(elementsOf(dims) * 4);
    return { address: storage.address, dims, kind, constant: this.isConstant, storage };
  }

  /** The same memory with other dimensions, from the element at `offset` on. */
  view(value: Value, dims: readonly number[], offset = 0, kind: ValueKind = value.kind): Value {
    return { ...value, address: value.address + offset * 4, dims, kind };
  }

  /** A constant with these numbers. */
  constant(dims: readonly number[], kind: ValueKind, data: ArrayLike<number>): Value {
    const address = this.machine.take(data.length * 4);
    this.machine.floats(address, data.length).set(data);
    return { address, dims, kind, constant: true, storage: { address, bytes: data.length * 4, kept: true } };
  }

  /** Integers that steps read: offsets, geometry. */
  table(words: readonly number[]): number {
    const address = this.machine.take(words.length * 4);
    this.machine.words(address, words.length).set(words);
    return address;
  }

  /** The whole numbers of a constant, as a copy. What is no whole number would lead beside the elements of a tensor: such a model is refused. */
  wholeNumbers(value: Value, what: string): readonly number[] {
    const numbers = this.numbers(value, what);
    const odd = numbers.find((n) => !Number.isInteger(n));
    if (odd !== undefined) throw unsupported(this.node, `its ${what} hold ${odd}, which is no whole number`);
    return numbers;
  }

  /** The elements of a constant, as a copy. */
  numbers(value: Value, what: string): readonly number[] {
    if (!value.constant) throw unsupported(this.node, `its ${what} depend on the data`);
    if (elementsOf(value.dims) > maxNumbers) throw unsupported(this.node, `more than ${maxNumbers} ${what}`);
    return [...this.machine.floats(value.address, elementsOf(value.dims))];
  }

  /** Memory for a list of what is not zero in `rows` rows of `k`. */
  list(rows: number, k: number): ZeroList {
    const countBytes = Math.ceil((rows * 4) / 64) * 64;
    const storage = this.storage(countBytes + rows * k * 8 + 8);
    return { counts: storage.address, entries: storage.address + countBytes, storage };
  }

  /** A name uses the storage from now on / no more. */
  use(storage: Storage | null): void {
    if (storage !== null && !storage.kept) this.users.set(storage, (this.users.get(storage) ?? 0) + 1);
  }
  drop(storage: Storage | null): void {
    if (storage === null || storage.kept) return;
    const left = (this.users.get(storage) ?? 0) - 1;
    this.users.set(storage, left);
    if (left > 0) return;
    this.users.delete(storage);
    this.giveBack(storage);
  }

  private storage(bytes: number): Storage {
    const size = Math.max(64, Math.ceil(bytes / 64) * 64);
    const old = this.isConstant ? undefined : this.free.get(size)?.pop();
    const storage = old ?? { address: this.machine.take(size), bytes: size, kept: this.isConstant };
    if (!storage.kept) this.taken.push(storage);
    return storage;
  }

  private giveBack(storage: Storage): void {
    const list = this.free.get(storage.bytes);
    if (list === undefined) this.free.set(storage.bytes, [storage]);
    else list.push(storage);
  }
}

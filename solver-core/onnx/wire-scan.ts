import type { Diagnostic } from '../model/diagnostic.ts';
import type { ModelLimits } from './limits.ts';
import { findInvalidUtf8 } from './utf8.ts';
import type { WireField, WireTable } from './wire-tables.ts';
import { modelWireTable } from './wire-tables.ts';

/** Result of walking a model file without decoding it. */
export interface WireScan {
  /** The first thing wrong with the file, or undefined. */
  readonly problem: Diagnostic | undefined;
  /** Byte offsets of the nodes and initializers of the main graph, in file order. */
  readonly nodeOffsets: readonly number[];
  readonly initializerOffsets: readonly number[];
}

/**
 * Walks the Protocol Buffers structure of a model file: every tag, length and nesting, no values.
 * Time O(structure), memory two numbers per node; weights are stepped over. Because the walk comes before the decoder, no
 * length in the file decides an allocation, and a broken file is reported with its position.
 * `checkText`: also look for text that is not UTF-8 (only asked for when the decoder refused the file).
 */
export function scanModelWire(bytes: Uint8Array, limits: ModelLimits, options: { readonly checkText?: boolean } = {}): WireScan {
  const scanner = new Scanner(bytes, limits, options.checkText === true);
  try {
    scanner.message(modelWireTable(), 0, bytes.length, 0, 0);
    return { problem: undefined, nodeOffsets: scanner.nodeOffsets, initializerOffsets: scanner.initializerOffsets };
  } catch (error) {
    if (!(error instanceof ScanStop)) throw error;
    const { code, message, byteOffset } = error;
    return { problem: { severity: 'error', code, message, where: { byteOffset } }, nodeOffsets: [], initializerOffsets: [] };
  }
}

/** Ends the walk; never leaves this file. */
class ScanStop extends Error {
  readonly code: string;
  readonly byteOffset: number;
  constructor(code: string, message: string, byteOffset: number) {
    super(message);
    this.code = code;
    this.byteOffset = byteOffset;
  }
}

/** Field numbers whose offsets are kept: GraphProto.node and GraphProto.initializer. */
const nodeField = 1;
const initializerField = 5;

class Scanner {
  readonly nodeOffsets: number[] = [];
  readonly initializerOffsets: number[] = [];
  private readonly bytes: Uint8Array;
  private readonly limits: ModelLimits;
  private readonly checkText: boolean;
  private pos = 0;
  private messages = 0;
  private nodes = 0;
  private tensors = 0;
  private integers = 0;
  private floats = 0;

  constructor(bytes: Uint8Array, limits: ModelLimits, checkText: boolean) {
    this.bytes = bytes;
    this.limits = limits;
    this.checkText = checkText;
  }

  /** Walks one message in [start, end). */
  message(table: WireTable, start: number, end: number, depth: number, graphDepth: number): void {
    if (depth > this.limits.messageNesting) this.exceeded('nesting of messages', this.limits.messageNesting, start);
    this.count(table, start);
    const graphs = table.role === 'graph' ? graphDepth + 1 : graphDepth;
    if (graphs > this.limits.graphNesting) this.exceeded('nesting of subgraphs', this.limits.graphNesting, start);
    const isMainGraph = table.role === 'graph' && depth === 1;
    this.pos = start;
    while (this.pos < end) {
      const at = this.pos;
      const tag = this.varint(end);
      const number = Math.floor(tag / 8);
      const wireType = tag & 7;
      if (number === 0 || number > 0x1fffffff) this.malformed(`field number ${number} in ${table.name} is not allowed`, at);
      const field = table.fields[number];
      if (field === undefined) {
        this.skip(wireType, end, at, depth);
        continue;
      }
      if (isMainGraph && number === nodeField) this.nodeOffsets.push(at);
      else if (isMainGraph && number === initializerField) this.initializerOffsets.push(at);
      this.value(table, field, wireType, end, at, depth, graphs);
    }
  }

  private value(table: WireTable, field: WireField, wireType: number, end: number, at: number, depth: number, graphDepth: number): void {
    if (wireType === 2) {
      const length = this.length(end, `${table.name}.${field.name}`);
      const stop = this.pos + length;
      switch (field.kind) {
        case 'message':
          if (field.child !== undefined) this.message(field.child, this.pos, stop, depth + 1, graphDepth);
          break;
        case 'string':
          this.text(length, stop, at);
          break;
        case 'bytes':
          break;
        default:
          if (!field.repeated) this.malformed(`${table.name}.${field.name} has the wrong wire type 2`, at);
          this.packed(field, length, stop, at);
      }
      this.pos = stop;
      return;
    }
    const expected = field.kind === 'varint' ? 0 : field.kind === 'fixed64' ? 1 : field.kind === 'fixed32' ? 5 : 2;
    if (wireType !== expected) this.malformed(`${table.name}.${field.name} has wire type ${wireType}, expected ${expected}`, at);
    if (field.repeated) this.numbers(field, 1, at);
    this.skip(wireType, end, at, depth);
  }

  private packed(field: WireField, length: number, stop: number, at: number): void {
    if (field.kind === 'varint') {
      this.numbers(field, length, at);
      if (length > 0 && (this.bytes[stop - 1] ?? 0) >= 0x80)
        this.malformed(`the packed numbers of ${field.name} end inside a number`, stop - 1);
      return;
    }
    const size = field.kind === 'fixed32' ? 4 : 8;
    if (length % size !== 0) this.malformed(`the packed numbers of ${field.name} have ${length} bytes, not a multiple of ${size}`, at);
    this.numbers(field, length / size, at);
  }

  private numbers(field: WireField, n: number, at: number): void {
    if (field.kind === 'varint') {
      this.integers += n;
      if (this.integers > this.limits.integers) this.exceeded('number of integers outside raw_data', this.limits.integers, at);
    } else {
      this.floats += n;
      if (this.floats > this.limits.floats) this.exceeded('number of floats outside raw_data', this.limits.floats, at);
    }
  }

  private text(length: number, stop: number, at: number): void {
    if (length > this.limits.stringBytes) this.exceeded('length of a text in bytes', this.limits.stringBytes, at);
    if (!this.checkText) return;
    const bad = findInvalidUtf8(this.bytes, this.pos, stop);
    if (bad >= 0)
      throw new ScanStop(
        'malformed-model',
        `A name or text at byte ${bad} is not valid UTF-8. The file is damaged or was written with another encoding: export it again.`,
        bad,
      );
  }

  private count(table: WireTable, at: number): void {
    this.messages++;
    if (this.messages > this.limits.messages) this.exceeded('number of messages', this.limits.messages, at);
    if (table.role === 'node' && ++this.nodes > this.limits.nodes) this.exceeded('number of nodes', this.limits.nodes, at);
    if (table.role === 'tensor' && ++this.tensors > this.limits.tensors) this.exceeded('number of tensors', this.limits.tensors, at);
  }

  private skip(wireType: number, end: number, at: number, depth: number): void {
    switch (wireType) {
      case 0:
        this.varint(end);
        return;
      case 1:
        this.advance(8, end, at);
        return;
      case 2: {
        // Two steps: reading the length moves the position.
        const length = this.length(end, 'an unknown field');
        this.pos += length;
        return;
      }
      case 3:
        this.group(end, at, depth);
        return;
      case 5:
        this.advance(4, end, at);
        return;
      default:
        this.malformed(`wire type ${wireType} is not allowed`, at);
    }
  }

  /** Steps over a group (an old encoding that unknown fields may use) up to its end mark. */
  private group(end: number, at: number, depth: number): void {
    if (depth > this.limits.messageNesting) this.exceeded('nesting of messages', this.limits.messageNesting, at);
    while (this.pos < end) {
      const inner = this.pos;
      const wireType = this.varint(end) & 7;
      if (wireType === 4) return;
      this.skip(wireType, end, inner, depth + 1);
    }
    this.ended(end, at, 'a group has no end mark');
  }

  private length(end: number, what: string): number {
    const at = this.pos;
    const length = this.varint(end);
    if (this.pos + length > end) this.ended(end, at, `${what} needs ${length} bytes, ${end - this.pos} are left`);
    return length;
  }

  private advance(n: number, end: number, at: number): void {
    if (this.pos + n > end) this.ended(end, at, `a number needs ${n} bytes, ${end - this.pos} are left`);
    this.pos += n;
  }

  private varint(end: number): number {
    const bytes = this.bytes;
    const at = this.pos;
    let pos = at;
    let value = 0;
    let scale = 1;
    while (pos < end) {
      const b = bytes[pos++] ?? 0;
      value += (b & 0x7f) * scale;
      if (b < 0x80) {
        this.pos = pos;
        return value;
      }
      scale *= 128;
      if (pos - at >= 10) this.malformed('a number has more than 10 bytes', at);
    }
    return this.ended(end, at, 'the data ends inside a number');
  }

  /** Something reaches past `end`: the end of the file means it was cut short, any other end that it is damaged. */
  private ended(end: number, at: number, what: string): never {
    if (end !== this.bytes.length) return this.malformed(what, at);
    throw new ScanStop(
      'truncated-model',
      `The model file is cut short: at byte ${at} ${what}, and the file ends at byte ${end}. The download or copy is incomplete: fetch the file again.`,
      at,
    );
  }

  private malformed(what: string, at: number): never {
    throw new ScanStop(
      'malformed-model',
      `The file is not a valid ONNX model: at byte ${at}, ${what}. It is damaged or of another type: export it again.`,
      at,
    );
  }

  private exceeded(what: string, limit: number, at: number): never {
    throw new ScanStop(
      'limit-exceeded',
      `The model exceeds a limit at byte ${at}: the ${what} is more than ${limit}. No known model needs this; the file is probably damaged or hostile.`,
      at,
    );
  }
}

import type { AbortFlag, Host } from '../../model/abort.ts';
import { checkAbort } from '../../model/abort.ts';
import { TierwiseError, assert } from '../../model/error.ts';
import type { PlannedCommand } from '../engine/commands.ts';
import { backCommand, cholCommand, decayCommand, gramCommand } from '../engine/commands.ts';
import type {
  AccumulateOptions,
  EngineDevice,
  EngineFlags,
  EngineInfo,
  EngineProblem,
  EngineSolve,
  EngineTotals,
  EngineWords,
  Limbs,
  SolvePart,
} from '../engine/device.ts';
import { beginWords, decayWords, rowWords, triangleWords, vectorWords } from '../engine/host-words.ts';
import { gramOffsets } from '../engine/layout.ts';
import { operationNumbers } from '../engine/link.ts';
import { engineInfo } from '../engine/parameters.ts';
import { highLimb } from '../engine/post-processor.ts';
import type { EngineSession } from '../engine/session.ts';
import { substituteInPlace } from '../engine/substitute.ts';
import {
  admitDecay,
  admitFactor,
  admitGram,
  admitRows,
  admitVector,
  emptyTotals,
  expectFactor,
  expectSession,
  factorLimbs,
  openSession,
} from '../engine/session.ts';
import type { EngineImage } from './load-image.ts';
import { RateMeter } from './rate.ts';
import type { RtlInstance } from './rtl-instance.ts';
import { engineCrashed, startRtl } from './rtl-instance.ts';

/** Work between two pauses: about 25 ms at the rate measured so far. */
const sliceS = 0.025;
/** Rate assumed before anything was measured: the slowest machine we want to stay responsive on. */
const assumedRateHz = 2e5;

/** Level-2 device: the RTL itself, compiled to WebAssembly, driven through its host port. */
export class WasmDevice implements EngineDevice {
  readonly info: EngineInfo;
  readonly rate = new RateMeter();
  private readonly host: Host;
  private rtl: RtlInstance | undefined;
  private session: EngineSession | undefined;
  private solved = false;
  private activitySum = 0;

  private constructor(image: EngineImage, rtl: RtlInstance, host: Host) {
    const { lanes, wordBits } = image.parameters;
    this.info = engineInfo(image.parameters, 'rtl-wasm', `RTL simulation (${lanes} lanes, ${wordBits}-bit words)`, image.sha256);
    this.rtl = rtl;
    this.host = host;
  }

  /** Starts a simulated engine from a verified image (load-image.ts). `start`: how, where it is not WebAssembly. */
  static async create(image: EngineImage, host: Host, start: (image: EngineImage) => Promise<RtlInstance> = startRtl): Promise<WasmDevice> {
    return new WasmDevice(image, await start(image), host);
  }

  get totals(): EngineTotals {
    return this.session?.totals ?? emptyTotals();
  }

  /** Bits that toggled in the broadcast operand register since `begin`. */
  get activity(): number {
    return this.activitySum;
  }

  async begin(problem: EngineProblem, abort?: AbortFlag): Promise<void> {
    const rtl = this.instance();
    checkAbort(abort);
    const session = openSession(this.info, problem);
    const { layout } = session;
    const { lanes } = this.info;
    this.session = undefined;
    this.solved = false;
    // A cancelled command may still be running inside.
    rtl.call.reset();
    const allLanes = 2 ** lanes - 1;
    this.activitySum = 0;
    await this.clear(1, 0, layout.gramWords, allLanes, abort);
    const offsets = gramOffsets(layout, lanes);
    await this.transfer(layout.features, 1, abort, (i) => rtl.call.write_gram(offsets[i]!, i % lanes, problem.diagonal[i]!));
    const padding = layout.columns % lanes;
    if (padding !== 0) {
      const words = layout.rowBase - layout.weightBase + layout.chunkRows * layout.blocks;
      await this.clear(0, layout.weightBase, words, allLanes - (2 ** padding - 1), abort);
    }
    session.totals.hostWords += beginWords(layout, lanes);
    this.session = session;
  }

  async accumulate(words: Int32Array, rows: number, abort?: AbortFlag, options?: AccumulateOptions): Promise<EngineFlags> {
    const rtl = this.instance();
    const session = expectSession(this.session, 'accumulate');
    checkAbort(abort);
    admitRows(this.info, session, words, rows, options);
    const { layout } = session;
    const { columns, blocks, chunkRows, rowBase } = layout;
    const capacity = Math.max(1, Math.floor(rtl.bufferBytes / 4 / columns));
    let cycles = 0;
    for (let from = 0; from < rows; from += chunkRows) {
      const count = Math.min(chunkRows, rows - from);
      const step = Math.min(capacity, Math.max(1, Math.floor(this.sliceCycles() / columns)));
      await this.transfer(Math.ceil(count / step), step * columns, abort, (part) => {
        const first = part * step;
        const some = Math.min(step, count - first);
        const at = (from + first) * columns;
        rtl.int32().set(words.subarray(at, at + some * columns));
        rtl.call.write_rows(rowBase + first * blocks, some, columns, blocks);
      });
      cycles += (await this.execute(gramCommand(layout, this.info, count, options?.subtract === true), abort)).cycles;
    }
    session.totals.gramCycles += cycles;
    session.totals.hostWords += rowWords(layout, rows);
    return { breakdown: false, saturated: false, cycles };
  }

  async decay(shift: number, abort?: AbortFlag): Promise<EngineFlags> {
    const session = expectSession(this.session, 'decay');
    checkAbort(abort);
    admitDecay(session, shift);
    const { layout, totals } = session;
    await this.clear(0, layout.rowBase, layout.blocks, 2 ** this.info.lanes - 1, abort);
    const flags = await this.execute(decayCommand(layout, this.info, shift), abort);
    totals.gramCycles += flags.cycles;
    totals.hostWords += decayWords(layout);
    return flags;
  }

  async loadGram(gram: Float64Array, abort?: AbortFlag): Promise<void> {
    const rtl = this.instance();
    const session = expectSession(this.session, 'loadGram');
    checkAbort(abort);
    admitGram(this.info, session, gram);
    const { features, columns } = session.layout;
    const { lanes } = this.info;
    const offsets = gramOffsets(session.layout, lanes);
    await this.transfer(features, columns, abort, (i) => {
      const first = offsets[i]! - Math.floor(i / lanes);
      for (let j = i; j < columns; j++) rtl.call.write_gram(first + Math.floor(j / lanes), j % lanes, gram[i * columns + j]!);
    });
    session.totals.hostWords += triangleWords(session.layout);
  }

  async factor(shift: number, abort?: AbortFlag, limbs: Limbs = 1): Promise<EngineFlags> {
    const session = expectSession(this.session, 'factor');
    admitFactor(this.info, session, shift, limbs);
    checkAbort(abort);
    session.limbs = 0;
    this.solved = false;
    const flags = await this.execute(cholCommand(session.layout, this.info, shift, limbs), abort);
    session.limbs = limbs;
    session.totals.cholCycles += flags.cycles;
    return flags;
  }

  async backSubstitute(abort?: AbortFlag): Promise<EngineFlags> {
    const session = expectFactor(this.session, 'backSubstitute');
    checkAbort(abort);
    this.solved = false;
    const flags = await this.execute(backCommand(session.layout, this.info, 'back', factorLimbs(session)), abort);
    this.solved = true;
    session.totals.backCycles += flags.cycles;
    return flags;
  }

  async solve(r: EngineWords, abort?: AbortFlag, part: SolvePart = 'both'): Promise<EngineSolve> {
    const session = expectFactor(this.session, 'solve');
    admitVector(this.info, session, r);
    checkAbort(abort);
    this.solved = false;
    const { layout, totals } = session;
    const limbs = factorLimbs(session);
    await this.writeVector(r.values, abort);
    const flags = await substituteInPlace(session, this.info, part, (planned) => this.execute(planned, abort));
    const words = await this.readVector(abort);
    totals.hostWords += 2 * vectorWords(layout, limbs);
    return { words, flags };
  }

  async readGram(abort?: AbortFlag): Promise<Float64Array> {
    const rtl = this.instance();
    const session = expectSession(this.session, 'readGram');
    checkAbort(abort);
    const { features, columns } = session.layout;
    const { lanes } = this.info;
    const gram = new Float64Array(features * columns);
    const offsets = gramOffsets(session.layout, lanes);
    await this.transfer(features, columns, abort, (i) => {
      for (const { from, to } of pieces(i, columns, rtl.bufferBytes / 8)) {
        rtl.call.read_gram(offsets[i]! - Math.floor(i / lanes), from, to);
        gram.set(rtl.float64().subarray(0, to - from), i * columns + from);
      }
    });
    session.totals.hostWords += triangleWords(session.layout);
    return gram;
  }

  async readFactor(abort?: AbortFlag): Promise<EngineWords> {
    const session = expectFactor(this.session, 'readFactor');
    checkAbort(abort);
    const { features, columns, blocks } = session.layout;
    const limbs = factorLimbs(session);
    const values = new Float64Array(features * columns);
    await this.transfer(features, columns * limbs, abort, (i) => {
      this.readWords(i * blocks * limbs, blocks, i, columns, limbs, values, i * columns + i);
    });
    session.totals.hostWords += triangleWords(session.layout, limbs);
    return { values, fractionBits: limbs * (this.info.wordBits - 1) };
  }

  async readWeights(abort?: AbortFlag): Promise<EngineWords> {
    const session = expectFactor(this.session, 'readWeights');
    assert(this.solved, 'readWeights before backSubstitute');
    checkAbort(abort);
    session.totals.hostWords += vectorWords(session.layout, factorLimbs(session));
    return this.readVector(abort);
  }

  async dispose(): Promise<void> {
    this.rtl = undefined;
    this.session = undefined;
  }

  private instance(): RtlInstance {
    assert(this.rtl !== undefined, 'the device was disposed');
    return this.rtl;
  }

  /** Calls into the image; after a trap the device is of no use any more. */
  private guarded<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      this.rtl = undefined;
      this.session = undefined;
      throw engineCrashed(error);
    }
  }

  private sliceCycles(): number {
    return Math.max(1000, Math.floor(this.rate.rateHz(assumedRateHz) * sliceS));
  }

  /** Runs one command to its end, pausing between slices. Other cycles than predicted mean a damaged image: it throws. */
  private async execute(planned: PlannedCommand, abort: AbortFlag | undefined): Promise<EngineFlags> {
    const { call } = this.instance();
    const { command } = planned;
    const { operation, features, blocks, rows, rowBase, vecBase, shift, decay } = command;
    const flags = (command.twoLimbs ? 1 : 0) + (command.subtract ? 2 : 0);
    call.start(operationNumbers[operation], features, blocks, rows, rowBase, vecBase, shift, flags, decay);
    let left = planned.cycles + 1;
    for (;;) {
      const slice = Math.min(left, this.sliceCycles());
      const startMs = this.host.nowMs();
      const busy = this.guarded(() => call.run(slice) !== 0);
      this.rate.add(slice, (this.host.nowMs() - startMs) / 1000);
      if (!busy) break;
      left -= slice;
      if (left <= 0) throw this.wrongCycles(planned, call.cycles());
      await this.pause(abort);
    }
    if (call.cycles() !== planned.cycles) throw this.wrongCycles(planned, call.cycles());
    this.activitySum += call.activity();
    return { breakdown: call.breakdown() !== 0, saturated: call.saturated() !== 0, cycles: call.cycles() };
  }

  private wrongCycles(planned: PlannedCommand, cycles: number): TierwiseError {
    this.session = undefined;
    const message = `The simulated engine took ${cycles} cycles for ${planned.command.operation}, expected ${planned.cycles}.`;
    return new TierwiseError('engine-wrong-cycles', message, 'Rebuild the engine image with npm run build:hdl.', { category: 'backend' });
  }

  /** Writes 0 to `count` addresses of a memory (1: Gram) in the lanes of the mask. */
  private async clear(gram: 0 | 1, address: number, count: number, lanes: number, abort: AbortFlag | undefined): Promise<void> {
    const step = this.sliceCycles();
    const { call } = this.instance();
    await this.transfer(Math.ceil(count / step), step, abort, (part) => {
      call.clear(gram, address + part * step, Math.min(step, count - part * step), lanes);
    });
  }

  /** [d, m] words to the vector rows. */
  private async writeVector(values: Float64Array, abort: AbortFlag | undefined): Promise<void> {
    const rtl = this.instance();
    const session = expectFactor(this.session, 'solve');
    const { features, outputs, outputBlock, weightBase, weightBlocks } = session.layout;
    const limbs = factorLimbs(session);
    const skip = features - outputBlock * this.info.lanes;
    const f = this.info.wordBits - 1;
    const write = (address: number, part: (column: number) => number): void => {
      for (const { from, to } of pieces(0, outputs, rtl.bufferBytes / 4)) {
        const buffer = rtl.int32();
        for (let o = from; o < to; o++) buffer[o - from] = part(o);
        rtl.call.write_operand(address, skip + from, skip + to);
      }
    };
    await this.transfer(features, outputs * limbs, abort, (i) => {
      const address = weightBase + i * weightBlocks * limbs;
      const word = (o: number): number => values[i * outputs + o]!;
      if (limbs === 1) return write(address, word);
      write(address, (o) => highLimb(word(o), f));
      write(address + weightBlocks, (o) => word(o) - highLimb(word(o), f) * 2 ** f);
    });
  }

  /** [d, m] words of the vector rows. */
  private async readVector(abort: AbortFlag | undefined): Promise<EngineWords> {
    const session = expectFactor(this.session, 'readWeights');
    const { features, outputs, outputBlock, weightBase, weightBlocks } = session.layout;
    const limbs = factorLimbs(session);
    const skip = features - outputBlock * this.info.lanes;
    const values = new Float64Array(features * outputs);
    await this.transfer(features, outputs * limbs, abort, (i) => {
      this.readWords(weightBase + i * weightBlocks * limbs, weightBlocks, skip, skip + outputs, limbs, values, i * outputs);
    });
    return { values, fractionBits: limbs * (this.info.wordBits - 1) };
  }

  /** Columns [first, end) of an operand row, its low limbs `blocks` addresses behind the high ones, into `values` from `at`. */
  private readWords(address: number, blocks: number, first: number, end: number, limbs: Limbs, values: Float64Array, at: number): void {
    const rtl = this.instance();
    const one = 2 ** (this.info.wordBits - 1);
    for (const { from, to } of pieces(first, end, rtl.bufferBytes / 4)) {
      const into = values.subarray(at + from - first, at + to - first);
      rtl.call.read_operand(address, from, to);
      into.set(rtl.int32().subarray(0, to - from));
      if (limbs === 1) continue;
      rtl.call.read_operand(address + blocks, from, to);
      const low = rtl.int32();
      for (let c = 0; c < into.length; c++) into[c] = into[c]! * one + low[c]!;
    }
  }

  /** Calls `part` for 0..count-1 and pauses when about a slice of clock cycles has gone by. */
  private async transfer(count: number, cyclesEach: number, abort: AbortFlag | undefined, part: (index: number) => void): Promise<void> {
    let sinceMs = this.host.nowMs();
    for (let i = 0, cycles = 0; i < count; i++) {
      this.guarded(() => part(i));
      cycles += cyclesEach;
      if (cycles < this.sliceCycles()) continue;
      this.rate.add(cycles, (this.host.nowMs() - sinceMs) / 1000);
      await this.pause(abort);
      sinceMs = this.host.nowMs();
      cycles = 0;
    }
  }

  private async pause(abort: AbortFlag | undefined): Promise<void> {
    await this.host.pause();
    // Half-done work is of no use: after a cancelled call only `begin` is accepted.
    if (abort?.aborted === true) this.session = undefined;
    checkAbort(abort);
  }
}

/** [from, to) in pieces of at most `capacity`. */
function pieces(from: number, to: number, capacity: number): readonly { readonly from: number; readonly to: number }[] {
  const out: { from: number; to: number }[] = [];
  for (let at = from; at < to; at += capacity) out.push({ from: at, to: Math.min(to, at + capacity) });
  return out;
}

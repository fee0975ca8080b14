import type { AbortFlag, Host } from '../../model/abort.ts';
import { checkAbort } from '../../model/abort.ts';
import { TierwiseError, assert } from '../../model/error.ts';
import { backCycles, cholCycles, gramCycles, hostWords } from '../engine/cycles.ts';
import type { EngineDevice, EngineFlags, EngineInfo, EngineProblem, EngineTotals } from '../engine/device.ts';
import { blocksOfRow } from '../engine/layout.ts';
import { engineInfo } from '../engine/parameters.ts';
import type { EngineSession } from '../engine/session.ts';
import { admitRows, emptyTotals, expectFactor, expectSession, openSession } from '../engine/session.ts';
import type { EngineImage } from './load-image.ts';
import { RateMeter } from './rate.ts';
import type { RtlInstance } from './rtl-instance.ts';
import { engineCrashed, startRtl } from './rtl-instance.ts';

/** Work between two pauses: about 25 ms at the rate measured so far. */
const sliceS = 0.025;
/** Rate assumed before anything was measured: the slowest machine we want to stay responsive on. */
const assumedRateHz = 2e5;

type Operation = 'gram' | 'chol' | 'back';
const operationCodes: Readonly<Record<Operation, number>> = { gram: 0, chol: 1, back: 2 };

interface Command {
  readonly operation: Operation;
  readonly rows: number;
  readonly rowBase: number;
  readonly vecBase: number;
  readonly shift: number;
  /** Cycles the formula predicts; the simulated engine must take exactly these. */
  readonly cycles: number;
}

/** Level-2 device: the RTL itself, compiled to WebAssembly, driven through its host port. */
export class WasmDevice implements EngineDevice {
  readonly info: EngineInfo;
  readonly rate = new RateMeter();
  private readonly host: Host;
  private rtl: RtlInstance | undefined;
  private session: EngineSession | undefined;
  private solved = false;

  private constructor(image: EngineImage, rtl: RtlInstance, host: Host) {
    const { lanes, wordBits } = image.parameters;
    this.info = engineInfo(image.parameters, 'rtl-wasm', `RTL simulation (${lanes} lanes, ${wordBits}-bit words)`, image.sha256);
    this.rtl = rtl;
    this.host = host;
  }

  /** Starts a simulated engine from a verified image (load-image.ts). */
  static async create(image: EngineImage, host: Host): Promise<WasmDevice> {
    return new WasmDevice(image, await startRtl(image), host);
  }

  get totals(): EngineTotals {
    return this.session?.totals ?? emptyTotals();
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
    const padding = layout.columns % lanes;
    await this.transfer(layout.features, blocksOfRow(0, layout.blocks, lanes) + 1, abort, (i) => {
      const block = Math.floor(i / lanes);
      const row = i * layout.blocks;
      rtl.call.clear(1, row + block, layout.blocks - block, allLanes);
      rtl.call.write_gram(row + block, i % lanes, problem.diagonal[i]!);
    });
    if (padding !== 0) {
      const lanesAbove = allLanes - (2 ** padding - 1);
      for (let k = 0; k < layout.chunkRows; k++) rtl.call.clear(0, layout.rowBase + (k + 1) * layout.blocks - 1, 1, lanesAbove);
    }
    session.totals.hostWords += hostWords.begin(layout, lanes);
    this.session = session;
  }

  async accumulate(words: Int32Array, rows: number, abort?: AbortFlag): Promise<EngineFlags> {
    const rtl = this.instance();
    const session = expectSession(this.session, 'accumulate');
    checkAbort(abort);
    admitRows(this.info, session, words, rows);
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
      const predicted = gramCycles(layout, this.info.lanes, count);
      const flags = await this.execute({ operation: 'gram', rows: count, rowBase, vecBase: 0, shift: 0, cycles: predicted }, abort);
      cycles += flags.cycles;
    }
    session.totals.gramCycles += cycles;
    session.totals.hostWords += hostWords.accumulate(layout, rows);
    return { breakdown: false, saturated: false, cycles };
  }

  async factor(shift: number, abort?: AbortFlag): Promise<EngineFlags> {
    const session = expectSession(this.session, 'factor');
    assert(
      Number.isInteger(shift) && shift >= 0 && shift < this.info.accumulatorBits,
      `shift ${shift} outside 0..${this.info.accumulatorBits - 1}`,
    );
    checkAbort(abort);
    session.factored = false;
    this.solved = false;
    const predicted = cholCycles(session.layout, this.info.lanes, this.info.wordBits);
    const flags = await this.execute({ operation: 'chol', rows: 1, rowBase: 0, vecBase: 0, shift, cycles: predicted }, abort);
    session.factored = true;
    session.totals.cholCycles += flags.cycles;
    return flags;
  }

  async backSubstitute(abort?: AbortFlag): Promise<EngineFlags> {
    const session = expectFactor(this.session, 'backSubstitute');
    checkAbort(abort);
    const { features, blocks, outputBlock, weightBlocks, weightBase } = session.layout;
    const last = features - 1;
    // The engine adds the block number counted from column 0; W starts at the first output block.
    const vecBase = (weightBase + last * weightBlocks - outputBlock + 2 ** 24) % 2 ** 24;
    const predicted = backCycles(session.layout, this.info.lanes);
    const flags = await this.execute({ operation: 'back', rows: 1, rowBase: last * blocks, vecBase, shift: 0, cycles: predicted }, abort);
    this.solved = true;
    session.totals.backCycles += flags.cycles;
    return flags;
  }

  async readGram(): Promise<Float64Array> {
    const rtl = this.instance();
    const session = expectSession(this.session, 'readGram');
    const { features, columns, blocks } = session.layout;
    const gram = new Float64Array(features * columns);
    await this.readRows(
      features,
      columns,
      rtl.bufferBytes / 8,
      (i) => i,
      (i, from, to) => {
        rtl.call.read_gram(i * blocks, from, to);
        gram.set(rtl.float64().subarray(0, to - from), i * columns + from);
      },
    );
    session.totals.hostWords += hostWords.readTriangle(session.layout);
    return gram;
  }

  async readFactor(): Promise<Int32Array> {
    const rtl = this.instance();
    const session = expectFactor(this.session, 'readFactor');
    const { features, columns, blocks } = session.layout;
    const factor = new Int32Array(features * columns);
    await this.readRows(
      features,
      columns,
      rtl.bufferBytes / 4,
      (i) => i,
      (i, from, to) => {
        rtl.call.read_operand(i * blocks, from, to);
        factor.set(rtl.int32().subarray(0, to - from), i * columns + from);
      },
    );
    session.totals.hostWords += hostWords.readTriangle(session.layout);
    return factor;
  }

  async readWeights(): Promise<Int32Array> {
    const rtl = this.instance();
    const session = expectFactor(this.session, 'readWeights');
    assert(this.solved, 'readWeights before backSubstitute');
    const { features, outputs, outputBlock, weightBase, weightBlocks } = session.layout;
    const weights = new Int32Array(features * outputs);
    const skip = features - outputBlock * this.info.lanes;
    await this.readRows(
      features,
      skip + outputs,
      rtl.bufferBytes / 4,
      () => skip,
      (i, from, to) => {
        rtl.call.read_operand(weightBase + i * weightBlocks, from, to);
        weights.set(rtl.int32().subarray(0, to - from), i * outputs + from - skip);
      },
    );
    session.totals.hostWords += hostWords.readWeights(session.layout);
    return weights;
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
  private async execute(command: Command, abort: AbortFlag | undefined): Promise<EngineFlags> {
    const { call } = this.instance();
    const { features, blocks } = expectSession(this.session, command.operation).layout;
    call.start(operationCodes[command.operation], features, blocks, command.rows, command.rowBase, command.vecBase, command.shift);
    let left = command.cycles + 1;
    for (;;) {
      const slice = Math.min(left, this.sliceCycles());
      const startMs = this.host.nowMs();
      const busy = this.guarded(() => call.run(slice) !== 0);
      this.rate.add(slice, (this.host.nowMs() - startMs) / 1000);
      if (!busy) break;
      left -= slice;
      if (left <= 0) throw this.wrongCycles(command, call.cycles());
      await this.pause(abort);
    }
    if (call.cycles() !== command.cycles) throw this.wrongCycles(command, call.cycles());
    return { breakdown: call.breakdown() !== 0, saturated: call.saturated() !== 0, cycles: call.cycles() };
  }

  private wrongCycles(command: Command, cycles: number): TierwiseError {
    this.session = undefined;
    const message = `The simulated engine took ${cycles} cycles for ${command.operation}, expected ${command.cycles}.`;
    return new TierwiseError('engine-wrong-cycles', message, 'Rebuild the engine image with npm run build:hdl.', { category: 'backend' });
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

  /** Reads columns [first(i), end) of each row in pieces that fit the staging buffer. */
  private async readRows(
    rows: number,
    end: number,
    capacity: number,
    first: (row: number) => number,
    read: (row: number, from: number, to: number) => void,
  ): Promise<void> {
    await this.transfer(rows, end, undefined, (i) => {
      for (let from = first(i); from < end; from += capacity) read(i, from, Math.min(end, from + capacity));
    });
  }

  private async pause(abort: AbortFlag | undefined): Promise<void> {
    await this.host.pause();
    // Half-done work is of no use: after a cancelled call only `begin` is accepted.
    if (abort?.aborted === true) this.session = undefined;
    checkAbort(abort);
  }
}

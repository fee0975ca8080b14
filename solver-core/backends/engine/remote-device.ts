import type { AbortFlag } from '../../model/abort.ts';
import { checkAbort } from '../../model/abort.ts';
import { TierwiseError, assert } from '../../model/error.ts';
import type { PlannedCommand } from './commands.ts';
import { backCommand, cholCommand, decayCommand, gramCommand } from './commands.ts';
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
  UploadPlan,
} from './device.ts';
import { beginWords, decayWords, rowWords, triangleWords, vectorWords } from './host-words.ts';
import type { EngineLayout } from './layout.ts';
import type { EngineLink, EngineLinkInfo, MoverDescriptor } from './link.ts';
import { operationNumbers } from './link.ts';
import { engineInfo } from './parameters.ts';
import * as places from './places.ts';
import type { EngineSession } from './session.ts';
import { substituteInPlace } from './substitute.ts';
import { uploadPlan } from './upload-plan.ts';
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
} from './session.ts';

/** EngineInfo of an engine behind a link. */
export function remoteEngineInfo(info: EngineLinkInfo): EngineInfo {
  return { ...engineInfo(info, info.level, info.device, info.image), clockHz: info.clockHz };
}

/**
 * An engine behind a mover: a board at a serial port or a card. Words and commands go over a link; the answer of every command is
 * compared with the cycle formula. After an error or a cancel only `begin` is accepted.
 */
export class RemoteDevice implements EngineDevice {
  readonly info: EngineInfo;
  readonly upload?: (rows: number, dataBits: number) => UploadPlan;
  private readonly link: EngineLink;
  private session: EngineSession | undefined;
  private solved = false;

  /** Owns the link from now on. */
  constructor(link: EngineLink) {
    this.link = link;
    this.info = remoteEngineInfo(link.info);
    if (link.secondsPerByte === undefined) return;
    this.upload = (rows, dataBits) => {
      const { layout } = expectSession(this.session, 'upload');
      return uploadPlan(this.info, layout, rows, dataBits, link.secondsPerByte?.() ?? 0);
    };
  }

  get totals(): EngineTotals {
    return this.session?.totals ?? emptyTotals();
  }

  begin(problem: EngineProblem, abort?: AbortFlag): Promise<void> {
    return this.guarded(async () => {
      checkAbort(abort);
      this.session = undefined;
      this.solved = false;
      const session = openSession(this.info, problem);
      const { layout } = session;
      const { lanes } = this.info;
      const allLanes = 2 ** lanes - 1;
      await this.link.clear('gram', 0, layout.gramWords, allLanes, abort);
      // Lanes beyond the last column would otherwise add what lies there from before.
      if (layout.columns % lanes !== 0) {
        const end = layout.rowBase + layout.chunkRows * layout.blocks;
        await this.link.clear('operand', layout.weightBase, end - layout.weightBase, allLanes, abort);
      }
      await this.link.load(places.gramDiagonal(layout, this.info), problem.diagonal, abort);
      session.totals.hostWords += beginWords(layout, lanes);
      this.session = session;
    });
  }

  accumulate(words: Int32Array, rows: number, abort?: AbortFlag, options?: AccumulateOptions): Promise<EngineFlags> {
    return this.guarded(async () => {
      const session = expectSession(this.session, 'accumulate');
      checkAbort(abort);
      admitRows(this.info, session, words, rows, options);
      const { layout } = session;
      const { columns, chunkRows } = layout;
      let cycles = 0;
      for (let from = 0; from < rows; from += chunkRows) {
        const count = Math.min(chunkRows, rows - from);
        const some = words.subarray(from * columns, (from + count) * columns);
        await this.link.load(places.chunkRows(layout, some), some, abort);
        cycles += (await this.execute(gramCommand(layout, this.info, count, options?.subtract === true), abort)).cycles;
      }
      session.totals.gramCycles += cycles;
      session.totals.hostWords += rowWords(layout, rows);
      return { breakdown: false, saturated: false, cycles };
    });
  }

  decay(shift: number, abort?: AbortFlag): Promise<EngineFlags> {
    return this.guarded(async () => {
      const session = expectSession(this.session, 'decay');
      checkAbort(abort);
      admitDecay(session, shift);
      const { layout } = session;
      await this.link.clear('operand', layout.rowBase, layout.blocks, 2 ** this.info.lanes - 1, abort);
      const { cycles } = await this.execute(decayCommand(layout, this.info, shift), abort);
      session.totals.gramCycles += cycles;
      session.totals.hostWords += decayWords(layout);
      return { breakdown: false, saturated: false, cycles };
    });
  }

  loadGram(gram: Float64Array, abort?: AbortFlag): Promise<void> {
    return this.guarded(async () => {
      const session = expectSession(this.session, 'loadGram');
      checkAbort(abort);
      admitGram(this.info, session, gram);
      const words = places.upperTriangle(session.layout, gram);
      await this.link.load(places.gramTriangle(session.layout, words), words, abort);
      session.totals.hostWords += triangleWords(session.layout);
    });
  }

  factor(shift: number, abort?: AbortFlag, limbs: Limbs = 1): Promise<EngineFlags> {
    return this.guarded(async () => {
      const session = expectSession(this.session, 'factor');
      admitFactor(this.info, session, shift, limbs);
      checkAbort(abort);
      session.limbs = 0;
      this.solved = false;
      const flags = await this.execute(cholCommand(session.layout, this.info, shift, limbs), abort);
      session.limbs = limbs;
      session.totals.cholCycles += flags.cycles;
      return flags;
    });
  }

  backSubstitute(abort?: AbortFlag): Promise<EngineFlags> {
    return this.guarded(async () => {
      const session = expectFactor(this.session, 'backSubstitute');
      checkAbort(abort);
      this.solved = false;
      const { breakdown: _none, ...flags } = await this.execute(
        backCommand(session.layout, this.info, 'back', factorLimbs(session)),
        abort,
      );
      this.solved = true;
      session.totals.backCycles += flags.cycles;
      return { ...flags, breakdown: false };
    });
  }

  solve(r: EngineWords, abort?: AbortFlag, part: SolvePart = 'both'): Promise<EngineSolve> {
    return this.guarded(async () => {
      const session = expectFactor(this.session, 'solve');
      admitVector(this.info, session, r);
      checkAbort(abort);
      this.solved = false;
      const { layout, totals } = session;
      const limbs = factorLimbs(session);
      await this.loadVector(layout, r.values, limbs, abort);
      const flags = await substituteInPlace(session, this.info, part, (planned) => this.execute(planned, abort));
      const values = await this.readLimbs((limb) => places.vector(layout, this.info, limbs, limb), limbs, abort);
      totals.hostWords += 2 * vectorWords(layout, limbs);
      return { words: { values, fractionBits: r.fractionBits }, flags };
    });
  }

  readGram(abort?: AbortFlag): Promise<Float64Array> {
    return this.guarded(async () => {
      const { layout, totals } = expectSession(this.session, 'readGram');
      checkAbort(abort);
      const words = await this.link.read(places.gramTriangle(layout), abort);
      totals.hostWords += triangleWords(layout);
      return places.fromUpperTriangle(layout, words);
    });
  }

  readFactor(abort?: AbortFlag): Promise<EngineWords> {
    return this.guarded(async () => {
      const session = expectFactor(this.session, 'readFactor');
      checkAbort(abort);
      const { layout, totals } = session;
      const limbs = factorLimbs(session);
      const words = await this.readLimbs((limb) => places.factor(layout, this.info, limbs, limb), limbs, abort);
      totals.hostWords += triangleWords(layout, limbs);
      return { values: places.fromUpperTriangle(layout, words), fractionBits: limbs * (this.info.wordBits - 1) };
    });
  }

  readWeights(abort?: AbortFlag): Promise<EngineWords> {
    return this.guarded(async () => {
      const session = expectFactor(this.session, 'readWeights');
      assert(this.solved, 'readWeights before backSubstitute');
      checkAbort(abort);
      const { layout, totals } = session;
      const limbs = factorLimbs(session);
      const values = await this.readLimbs((limb) => places.vector(layout, this.info, limbs, limb), limbs, abort);
      totals.hostWords += vectorWords(layout, limbs);
      return { values, fractionBits: limbs * (this.info.wordBits - 1) };
    });
  }

  async dispose(): Promise<void> {
    this.session = undefined;
    await this.link.close();
  }

  /** After a failed call the memories hold nothing that could be relied on. */
  private async guarded<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!isRefusal(error)) this.session = undefined;
      throw error;
    }
  }

  private async loadVector(layout: EngineLayout, values: Float64Array, limbs: Limbs, abort: AbortFlag | undefined): Promise<void> {
    const parts = limbs === 1 ? [values] : places.splitLimbs(values, this.info.wordBits - 1);
    for (const [limb, words] of parts.entries()) {
      await this.link.load({ ...places.vector(layout, this.info, limbs, limb), bits: this.info.wordBits }, words, abort);
    }
  }

  private async readLimbs(place: (limb: number) => MoverDescriptor, limbs: Limbs, abort?: AbortFlag): Promise<Float64Array> {
    const high = await this.link.read(place(0), abort);
    if (limbs === 1) return high;
    return places.joinLimbs(high, await this.link.read(place(1), abort), this.info.wordBits - 1);
  }

  /** Runs one command. Other cycles than the formula's mean that this is not the engine we know: its words cannot be trusted. */
  private async execute(planned: PlannedCommand, abort: AbortFlag | undefined): Promise<EngineFlags> {
    const { operation } = planned.command;
    assert((this.link.info.operations & (1 << operationNumbers[operation])) !== 0, `the engine has no ${operation.toUpperCase()}`);
    const result = await this.link.run(planned.command, abort, planned.cycles);
    if (result.state === 'cancelled')
      throw new TierwiseError('board-cancelled', `${this.info.device} gave up ${operation.toUpperCase()}.`, 'Run the fit again.', {
        category: 'backend',
      });
    if (result.cycles !== planned.cycles) {
      const message = `${this.info.device} took ${result.cycles} cycles for ${operation.toUpperCase()}, expected ${planned.cycles}.`;
      throw new TierwiseError('board-cycles-mismatch', message, 'Load the bitstream of this version of Tierwise into the board.', {
        category: 'backend',
      });
    }
    return { breakdown: result.breakdown, saturated: result.saturated, cycles: result.cycles };
  }
}

/** True for what was refused before anything reached the engine. */
function isRefusal(error: unknown): boolean {
  return error instanceof TierwiseError && ['engine-bad-words', 'engine-gram-overflow'].includes(error.code);
}

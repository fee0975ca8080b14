import type { AbortFlag, Host } from '../../model/abort.ts';
import { checkAbort } from '../../model/abort.ts';
import { assert } from '../../model/error.ts';
import { accumulateCycles, backCycles, cholCycles, decayCycles, fsubCycles } from './cycles.ts';
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
} from './device.ts';
import type { Direction, Factorisation } from './factorisation.ts';
import { accumulateGram, decayGram, functionalModelVersion, outputsOf, startFactor } from './functional-model.ts';
import { beginWords, decayWords, rowWords, triangleWords, vectorWords } from './host-words.ts';
import type { EngineParameters } from './parameters.ts';
import { defaultEngineParameters, engineInfo } from './parameters.ts';
import type { EngineSession } from './session.ts';
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

/** Multiply-adds between two pauses; some tens of milliseconds. */
const macsPerSlice = 3e7;

/** Level-1 device: the bits, flags and cycles of the RTL without simulating it. */
export class FunctionalDevice implements EngineDevice {
  readonly info: EngineInfo;
  private readonly host: Pick<Host, 'pause'>;
  private session: EngineSession | undefined;
  private gram = new Float64Array(0);
  private factorisation: Factorisation | undefined;
  private weights: Float64Array | undefined;
  private macsSincePause = 0;

  constructor(host: Pick<Host, 'pause'>, parameters: EngineParameters = defaultEngineParameters) {
    assert((parameters.limbs ?? 1) === 1 || parameters.wordBits <= 18, `two limbs of ${parameters.wordBits} bits, at most 18`);
    this.host = host;
    const name = `functional model (${parameters.lanes} lanes, ${parameters.wordBits}-bit words)`;
    this.info = engineInfo(parameters, 'functional', name, `functional-model/${functionalModelVersion}`);
  }

  get totals(): EngineTotals {
    return this.session?.totals ?? emptyTotals();
  }

  async begin(problem: EngineProblem, abort?: AbortFlag): Promise<void> {
    checkAbort(abort);
    const session = openSession(this.info, problem);
    const { features, columns } = session.layout;
    this.gram = new Float64Array(features * columns);
    for (let i = 0; i < features; i++) this.gram[i * columns + i] = problem.diagonal[i]!;
    session.totals.hostWords += beginWords(session.layout, this.info.lanes);
    this.session = session;
    this.factorisation = undefined;
    this.weights = undefined;
  }

  async accumulate(words: Int32Array, rows: number, abort?: AbortFlag, options?: AccumulateOptions): Promise<EngineFlags> {
    const session = expectSession(this.session, 'accumulate');
    checkAbort(abort);
    admitRows(this.info, session, words, rows, options);
    const { features, columns } = session.layout;
    const step = Math.max(1, Math.floor(macsPerSlice / (features * columns)));
    for (let from = 0; from < rows; from += step) {
      const count = Math.min(step, rows - from);
      accumulateGram(this.gram, features, columns, words, from, count, options?.subtract === true ? -1 : 1);
      await this.pauseAfter((count * features * columns) / 2, abort);
    }
    const cycles = accumulateCycles(session.layout, this.info, rows);
    session.totals.gramCycles += cycles;
    session.totals.hostWords += rowWords(session.layout, rows);
    return { breakdown: false, saturated: false, cycles };
  }

  async decay(shift: number, abort?: AbortFlag): Promise<EngineFlags> {
    const session = expectSession(this.session, 'decay');
    checkAbort(abort);
    admitDecay(session, shift);
    decayGram(this.gram, shift);
    const cycles = decayCycles(session.layout, this.info);
    session.totals.gramCycles += cycles;
    session.totals.hostWords += decayWords(session.layout);
    return { breakdown: false, saturated: false, cycles };
  }

  async loadGram(gram: Float64Array, abort?: AbortFlag): Promise<void> {
    const session = expectSession(this.session, 'loadGram');
    checkAbort(abort);
    admitGram(this.info, session, gram);
    const { features, columns } = session.layout;
    for (let i = 0; i < features; i++) this.gram.set(gram.subarray(i * columns + i, (i + 1) * columns), i * columns + i);
    session.totals.hostWords += triangleWords(session.layout);
  }

  async factor(shift: number, abort?: AbortFlag, limbs: Limbs = 1): Promise<EngineFlags> {
    const session = expectSession(this.session, 'factor');
    admitFactor(this.info, session, shift, limbs);
    checkAbort(abort);
    const { features, columns } = session.layout;
    session.limbs = 0;
    this.weights = undefined;
    const factorisation = startFactor(this.gram, features, columns, shift, this.info.wordBits - 1, limbs);
    for (let i = 0; i < features; i++) {
      factorisation.row(i);
      await this.pauseAfter((i + 1) * (columns - i) * limbs, abort);
    }
    this.factorisation = factorisation;
    session.limbs = limbs;
    const cycles = cholCycles(session.layout, this.info, limbs);
    session.totals.cholCycles += cycles;
    return { ...factorisation.flags(), cycles };
  }

  async backSubstitute(abort?: AbortFlag): Promise<EngineFlags> {
    const session = expectFactor(this.session, 'backSubstitute');
    checkAbort(abort);
    this.weights = undefined;
    const { features, columns } = session.layout;
    const weights = outputsOf(this.factorisation!.factor, features, columns);
    const saturated = await this.substitute('backward', weights, abort);
    this.weights = weights;
    const cycles = backCycles(session.layout, this.info, factorLimbs(session));
    session.totals.backCycles += cycles;
    return { breakdown: false, saturated, cycles };
  }

  async solve(r: EngineWords, abort?: AbortFlag, part: SolvePart = 'both'): Promise<EngineSolve> {
    const session = expectFactor(this.session, 'solve');
    admitVector(this.info, session, r);
    checkAbort(abort);
    this.weights = undefined;
    const { layout, totals } = session;
    const limbs = factorLimbs(session);
    const values = r.values.slice();
    let saturated = false;
    let cycles = 0;
    if (part !== 'backward') {
      saturated = (await this.substitute('forward', values, abort)) || saturated;
      const clocks = fsubCycles(layout, this.info, limbs);
      totals.fsubCycles += clocks;
      cycles += clocks;
    }
    if (part !== 'forward') {
      saturated = (await this.substitute('backward', values, abort)) || saturated;
      const clocks = backCycles(layout, this.info, limbs);
      totals.backCycles += clocks;
      cycles += clocks;
    }
    totals.hostWords += 2 * vectorWords(layout, limbs);
    return { words: { values, fractionBits: r.fractionBits }, flags: { breakdown: false, saturated, cycles } };
  }

  async readGram(abort?: AbortFlag): Promise<Float64Array> {
    const session = expectSession(this.session, 'readGram');
    checkAbort(abort);
    session.totals.hostWords += triangleWords(session.layout);
    return this.gram.slice();
  }

  async readFactor(abort?: AbortFlag): Promise<EngineWords> {
    const session = expectFactor(this.session, 'readFactor');
    checkAbort(abort);
    session.totals.hostWords += triangleWords(session.layout, factorLimbs(session));
    return { values: this.factorisation!.factor.slice(), fractionBits: this.factorisation!.fractionBits };
  }

  async readWeights(abort?: AbortFlag): Promise<EngineWords> {
    const session = expectFactor(this.session, 'readWeights');
    assert(this.weights !== undefined, 'readWeights before backSubstitute');
    checkAbort(abort);
    session.totals.hostWords += vectorWords(session.layout, factorLimbs(session));
    return { values: this.weights.slice(), fractionBits: this.factorisation!.fractionBits };
  }

  async dispose(): Promise<void> {
    this.session = undefined;
    this.factorisation = undefined;
    this.weights = undefined;
    this.gram = new Float64Array(0);
  }

  /** In place; true when a word was clipped. */
  private async substitute(direction: Direction, vector: Float64Array, abort: AbortFlag | undefined): Promise<boolean> {
    const { features, outputs } = expectFactor(this.session, 'substitute').layout;
    const substitution = this.factorisation!.substitution(direction, vector);
    for (let step = 0; step < features; step++) {
      substitution.row(direction === 'forward' ? step : features - 1 - step);
      await this.pauseAfter(step * outputs, abort);
    }
    return substitution.saturated;
  }

  private async pauseAfter(macs: number, abort: AbortFlag | undefined): Promise<void> {
    this.macsSincePause += macs;
    if (this.macsSincePause < macsPerSlice) return;
    this.macsSincePause = 0;
    await this.host.pause();
    // Half-done work is of no use: after a cancelled call only `begin` is accepted.
    if (abort?.aborted === true) this.session = undefined;
    checkAbort(abort);
  }
}

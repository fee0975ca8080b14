import type { AbortFlag, Host } from '../../model/abort.ts';
import { checkAbort } from '../../model/abort.ts';
import { assert } from '../../model/error.ts';
import { accumulateCycles, backCycles, cholCycles, hostWords } from './cycles.ts';
import type { EngineDevice, EngineFlags, EngineInfo, EngineProblem, EngineTotals } from './device.ts';
import type { Factorisation } from './functional-model.ts';
import { accumulateGram, functionalModelVersion, startBack, startFactor } from './functional-model.ts';
import type { EngineParameters } from './parameters.ts';
import { defaultEngineParameters, engineInfo } from './parameters.ts';
import type { EngineSession } from './session.ts';
import { admitRows, emptyTotals, expectFactor, expectSession, openSession } from './session.ts';

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
    session.totals.hostWords += hostWords.begin(session.layout, this.info.lanes);
    this.session = session;
    this.factorisation = undefined;
    this.weights = undefined;
  }

  async accumulate(words: Int32Array, rows: number, abort?: AbortFlag): Promise<EngineFlags> {
    const session = expectSession(this.session, 'accumulate');
    checkAbort(abort);
    admitRows(this.info, session, words, rows);
    const { features, columns } = session.layout;
    const step = Math.max(1, Math.floor(macsPerSlice / (features * columns)));
    for (let from = 0; from < rows; from += step) {
      const count = Math.min(step, rows - from);
      accumulateGram(this.gram, features, columns, words, from, count);
      await this.pauseAfter((count * features * columns) / 2, abort);
    }
    const cycles = accumulateCycles(session.layout, this.info.lanes, rows);
    session.totals.gramCycles += cycles;
    session.totals.hostWords += hostWords.accumulate(session.layout, rows);
    return { breakdown: false, saturated: false, cycles };
  }

  async factor(shift: number, abort?: AbortFlag): Promise<EngineFlags> {
    const session = expectSession(this.session, 'factor');
    assert(
      Number.isInteger(shift) && shift >= 0 && shift < this.info.accumulatorBits,
      `shift ${shift} outside 0..${this.info.accumulatorBits - 1}`,
    );
    checkAbort(abort);
    const { features, columns } = session.layout;
    session.factored = false;
    this.weights = undefined;
    const factorisation = startFactor(this.gram, features, columns, shift, this.info.wordBits - 1);
    for (let i = 0; i < features; i++) {
      factorisation.row(i);
      await this.pauseAfter((i + 1) * (columns - i), abort);
    }
    this.factorisation = factorisation;
    session.factored = true;
    const cycles = cholCycles(session.layout, this.info.lanes, this.info.wordBits);
    session.totals.cholCycles += cycles;
    return { ...factorisation.flags(), cycles };
  }

  async backSubstitute(abort?: AbortFlag): Promise<EngineFlags> {
    const session = expectFactor(this.session, 'backSubstitute');
    checkAbort(abort);
    const { features, columns } = session.layout;
    this.weights = undefined;
    const back = startBack(this.factorisation!, features, columns, this.info.wordBits - 1);
    for (let i = features - 1; i >= 0; i--) {
      back.row(i);
      await this.pauseAfter((features - i) * (columns - features), abort);
    }
    this.weights = back.weights;
    const cycles = backCycles(session.layout, this.info.lanes);
    session.totals.backCycles += cycles;
    return { ...back.flags(), cycles };
  }

  async readGram(): Promise<Float64Array> {
    const session = expectSession(this.session, 'readGram');
    session.totals.hostWords += hostWords.readTriangle(session.layout);
    return this.gram.slice();
  }

  async readFactor(): Promise<Int32Array> {
    const session = expectFactor(this.session, 'readFactor');
    session.totals.hostWords += hostWords.readTriangle(session.layout);
    return Int32Array.from(this.factorisation!.factor);
  }

  async readWeights(): Promise<Int32Array> {
    const session = expectFactor(this.session, 'readWeights');
    assert(this.weights !== undefined, 'readWeights before backSubstitute');
    session.totals.hostWords += hostWords.readWeights(session.layout);
    return Int32Array.from(this.weights);
  }

  async dispose(): Promise<void> {
    this.session = undefined;
    this.factorisation = undefined;
    this.weights = undefined;
    this.gram = new Float64Array(0);
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

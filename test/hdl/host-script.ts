/*
 * Scripts for hdl/test/tb_engine.sv: the host-port transfers and commands of a case, for simulators that run outside this
 * process, and the outcome read back from what they print.
 */
import { backCommand, cholCommand, decayCommand, fsubCommand, gramCommand } from '../../solver-core/backends/engine/commands.ts';
import type { PlannedCommand } from '../../solver-core/backends/engine/commands.ts';
import type { EngineInfo, Limbs } from '../../solver-core/backends/engine/device.ts';
import type { EngineLayout } from '../../solver-core/backends/engine/layout.ts';
import { gramOffsets, planLayout } from '../../solver-core/backends/engine/layout.ts';
import { operationNumbers } from '../../solver-core/backends/engine/link.ts';
import type { EngineCase, Outcome, Step } from './cases.ts';
import { computes } from './run-case.ts';

function layoutOf(info: EngineInfo, problem: EngineCase): EngineLayout {
  const layout = planLayout(info, problem.features, problem.outputs);
  if (typeof layout === 'string') throw new Error(layout);
  return layout;
}

const hex = (...values: number[]): string => values.map((v) => v.toString(16)).join(' ');

/** Limbs of the last factor among the first `count` steps. */
function limbsAfter(problem: EngineCase, count: number): Limbs {
  const factor = problem.steps.slice(0, count).findLast((step) => step.kind === 'factor');
  return factor?.kind === 'factor' ? (factor.limbs ?? 1) : 1;
}

/** Lines of a script while it grows. */
class Script {
  readonly lines: string[] = ['z'];
  private readonly info: EngineInfo;
  private readonly layout: EngineLayout;

  constructor(info: EngineInfo, layout: EngineLayout) {
    this.info = info;
    this.layout = layout;
  }

  /** Writes the word of a column to the row of blocks at `address` of the operand (0) or Gram memory (1). */
  write(gram: 0 | 1, address: number, column: number, value: number): void {
    const bits = gram === 1 ? this.info.accumulatorBits : this.info.wordBits;
    const { lanes } = this.info;
    const data = BigInt.asUintN(bits, BigInt(value)).toString(16);
    this.lines.push(`w ${hex(gram, address + Math.floor(column / lanes), 2 ** (column % lanes))} ${data}`);
  }

  read(gram: 0 | 1, address: number, column: number): void {
    const { lanes } = this.info;
    this.lines.push(`r ${hex(gram, address + Math.floor(column / lanes), 2 ** (column % lanes))}`);
  }

  command({ command }: PlannedCommand, resetAfter?: number): void {
    const { features, blocks, rows, rowBase, vecBase, shift, twoLimbs, subtract, decay } = command;
    const flags = (twoLimbs ? 1 : 0) + (subtract ? 2 : 0);
    const fields = hex(operationNumbers[command.operation], features, blocks, rows, rowBase, vecBase, shift, flags, decay);
    this.lines.push(resetAfter === undefined ? `c ${fields}` : `x ${fields} ${hex(resetAfter)}`);
  }

  begin(problem: EngineCase): void {
    const { layout } = this;
    const { columns, blocks } = layout;
    const lanes = this.info.lanes;
    for (let a = 0; a < layout.gramWords; a++) this.lines.push(`w ${hex(1, a, 2 ** lanes - 1)} 0`);
    gramOffsets(layout, lanes)
      .subarray(0, layout.features)
      .forEach((at, i) => this.write(1, at, i % lanes, problem.diagonal[i]!));
    if (columns === blocks * lanes) return;
    const padding = 2 ** lanes - 2 ** (columns % lanes);
    for (let a = layout.weightBase; a < layout.rowBase + layout.chunkRows * blocks; a++) this.lines.push(`w ${hex(0, a, padding)} 0`);
  }

  rows(step: Extract<Step, { kind: 'rows' }>): void {
    const { columns, blocks, chunkRows, rowBase } = this.layout;
    for (let from = 0; from < step.rows; from += chunkRows) {
      const count = Math.min(chunkRows, step.rows - from);
      for (let k = 0; k < count; k++) {
        for (let c = 0; c < columns; c++) this.write(0, rowBase + k * blocks, c, step.words[(from + k) * columns + c]!);
      }
      this.command(gramCommand(this.layout, this.info, count, step.subtract === true));
    }
  }

  /** Each entry of the upper part of G, written with a value or read. */
  gram(values?: Float64Array): void {
    const { columns, features } = this.layout;
    gramOffsets(this.layout, this.info.lanes)
      .subarray(0, features)
      .forEach((at, i) => {
        const first = at - Math.floor(i / this.info.lanes);
        for (let c = i; c < columns; c++) {
          if (values === undefined) this.read(1, first, c);
          else this.write(1, first, c, values[i * columns + c]!);
        }
      });
  }

  /** The vector rows, written with [d, m] values or read: high limbs of a row, then low ones. */
  vector(limbs: Limbs, values?: Float64Array): void {
    const { features, outputs, outputBlock, weightBase, weightBlocks } = this.layout;
    const skip = features - outputBlock * this.info.lanes;
    for (let i = 0; i < features; i++) {
      for (let limb = 0; limb < limbs; limb++) {
        const address = weightBase + (i * limbs + limb) * weightBlocks;
        for (let o = 0; o < outputs; o++) {
          if (values === undefined) this.read(0, address, skip + o);
          else this.write(0, address, skip + o, limbOf(values[i * outputs + o]!, limbs, limb, this.info.wordBits - 1));
        }
      }
    }
  }

  factor(limbs: Limbs): void {
    const { features, columns, blocks } = this.layout;
    for (let i = 0; i < features; i++) {
      for (let limb = 0; limb < limbs; limb++) for (let c = i; c < columns; c++) this.read(0, (i * limbs + limb) * blocks, c);
    }
  }

  step(step: Step, limbs: Limbs): void {
    const { layout, info } = this;
    if (step.kind === 'rows') return this.rows(step);
    if (step.kind === 'load') return this.gram(step.gram);
    if (step.kind === 'factor') return this.command(cholCommand(layout, info, step.shift, limbs));
    if (step.kind === 'back') return this.command(backCommand(layout, info, 'back', limbs));
    if (step.kind === 'decay') {
      for (let b = 0; b < layout.blocks; b++) this.lines.push(`w ${hex(0, layout.rowBase + b, 2 ** info.lanes - 1)} 0`);
      return this.command(decayCommand(layout, info, step.shift));
    }
    this.vector(limbs, step.r);
    if (step.part !== 'backward') this.command(fsubCommand(layout, info, limbs));
    if (step.part !== 'forward') this.command(backCommand(layout, info, 'backv', limbs));
    return this.vector(limbs);
  }
}

/** High (0) or low (1) limb of a word; the word itself with one limb. */
function limbOf(word: number, limbs: Limbs, limb: number, f: number): number {
  if (limbs === 1) return word;
  const high = Math.floor(word / 2 ** f + 0.5);
  return limb === 0 ? high : word - high * 2 ** f;
}

/** Script of a case. `resetAfter`: first starts commands of every kind and resets the engine after that many clocks. */
export function hostScript(info: EngineInfo, problem: EngineCase, resetAfter?: number): string {
  const layout = layoutOf(info, problem);
  const script = new Script(info, layout);
  if (resetAfter !== undefined) {
    const { limbs } = layout;
    const commands = [decayCommand(layout, info, 3), cholCommand(layout, info, 1, limbs), fsubCommand(layout, info, limbs)];
    for (const command of [...commands, backCommand(layout, info, 'back', limbs)]) script.command(command, resetAfter);
  }
  script.begin(problem);
  problem.steps.forEach((step, at) => script.step(step, limbsAfter(problem, at + 1)));
  const limbs = limbsAfter(problem, problem.steps.length);
  script.gram();
  if (computes(problem, 'factor')) script.factor(limbs);
  if (computes(problem, 'back')) script.vector(limbs);
  return `${script.lines.join('\n')}\n`;
}

/** Commands of a step. */
function commandCount(step: Step, chunkRows: number): number {
  if (step.kind === 'rows') return Math.ceil(step.rows / chunkRows);
  if (step.kind === 'load') return 0;
  return step.kind === 'solve' && (step.part ?? 'both') === 'both' ? 2 : 1;
}

/** The outcome of a case from what the test bench printed. */
export function parseLog(info: EngineInfo, problem: EngineCase, log: string): Outcome {
  const { columns, chunkRows, features: d, outputs: m } = layoutOf(info, problem);
  const lines = log.split('\n');
  const commands = lines.filter((l) => l.startsWith('c ')).map((l) => l.split(' '));
  const reads = lines.filter((l) => l.startsWith('r ')).map((l) => Number(BigInt.asIntN(info.accumulatorBits, BigInt(`0x${l.slice(2)}`))));
  let at = 0;
  /** Rows of words: of each row first the high limbs. */
  const table = (limbs: Limbs, width: number, first: (row: number) => number): number[] => {
    const out = new Array<number>(d * width).fill(0);
    for (let i = 0; i < d; i++) {
      for (let c = first(i); c < width; c++) out[i * width + c] = reads[at++]!;
      for (let c = first(i); limbs === 2 && c < width; c++)
        out[i * width + c] = out[i * width + c]! * 2 ** (info.wordBits - 1) + reads[at++]!;
    }
    return out;
  };
  let atCommand = 0;
  const solved: number[][] = [];
  const flags = problem.steps.map((step, number) => {
    const count = commandCount(step, chunkRows);
    const answers = commands.slice(atCommand, atCommand + count);
    atCommand += count;
    if (step.kind === 'solve') solved.push(table(limbsAfter(problem, number), m, () => 0));
    return {
      breakdown: answers.some((a) => a[1] === '1'),
      saturated: answers.some((a) => a[2] === '1'),
      cycles: answers.reduce((sum, a) => sum + Number(a[3]), 0),
    };
  });
  const limbs = limbsAfter(problem, problem.steps.length);
  const gram = table(1, columns, (i) => i);
  const factor = computes(problem, 'factor') ? table(limbs, columns, (i) => i) : [];
  const weights = computes(problem, 'back') ? table(limbs, m, () => 0) : [];
  return { flags, gram, factor, weights, ...(solved.length === 0 ? {} : { solved }) };
}

/** Toggles that each command reported. */
export function parseActivity(log: string): number[] {
  return log
    .split('\n')
    .filter((line) => line.startsWith('c '))
    .map((line) => Number(line.split(' ')[4]));
}

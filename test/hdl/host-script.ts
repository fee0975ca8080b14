/*
 * Scripts for hdl/test/tb_engine.sv: the host-port transfers and commands of a case, for simulators that run outside this
 * process, and the outcome read back from what they print.
 */
import type { EngineInfo } from '../../solver-core/backends/engine/device.ts';
import type { EngineLayout } from '../../solver-core/backends/engine/layout.ts';
import { planLayout } from '../../solver-core/backends/engine/layout.ts';
import type { EngineCase, Outcome } from './cases.ts';
import { computes } from './run-case.ts';

const opcodes = { rows: 0, factor: 1, back: 2 } as const;

function layoutOf(info: EngineInfo, problem: EngineCase): EngineLayout {
  const layout = planLayout(info, problem.features, problem.outputs);
  if (typeof layout === 'string') throw new Error(layout);
  return layout;
}

const hex = (...values: number[]): string => values.map((v) => v.toString(16)).join(' ');

/** Script of a case. `resetAfter`: first starts the factor and resets the engine after that many clocks. */
export function hostScript(info: EngineInfo, problem: EngineCase, resetAfter?: number): string {
  const layout = layoutOf(info, problem);
  const { columns, blocks, chunkRows, features: d } = layout;
  const lanes = info.lanes;
  const lines: string[] = ['z'];
  const mask = (bits: number, value: number): string => (value < 0 ? BigInt.asUintN(bits, BigInt(value)) : BigInt(value)).toString(16);
  const write = (gram: number, address: number, column: number, value: number): void => {
    lines.push(
      `w ${hex(gram, address + Math.floor(column / lanes), 2 ** (column % lanes))} ${mask(gram === 1 ? info.accumulatorBits : info.wordBits, value)}`,
    );
  };
  const read = (gram: number, address: number, column: number): void => {
    lines.push(`r ${hex(gram, address + Math.floor(column / lanes), 2 ** (column % lanes))}`);
  };
  const command = (op: number, rows: number, rowBase: number, vecBase: number, shift: number): string =>
    hex(op, d, blocks, rows, rowBase, vecBase, shift, 0, 0);
  const gramRow: number[] = [];
  for (let i = 0, at = 0; i < d; i++) {
    gramRow.push(at - Math.floor(i / lanes));
    at += blocks - Math.floor(i / lanes);
  }
  if (resetAfter !== undefined) lines.push(`x ${command(opcodes.factor, 1, 0, 0, 1)} ${hex(resetAfter)}`);
  for (let i = 0; i < d; i++) {
    for (let b = Math.floor(i / lanes); b < blocks; b++) lines.push(`w ${hex(1, gramRow[i]! + b, 2 ** lanes - 1)} 0`);
    write(1, gramRow[i]!, i, problem.diagonal[i]!);
  }
  for (let k = 0; k < chunkRows; k++) for (let c = columns; c < blocks * lanes; c++) write(0, layout.rowBase + k * blocks, c, 0);
  for (const step of problem.steps) {
    if (step.kind === 'rows') {
      for (let from = 0; from < step.rows; from += chunkRows) {
        const count = Math.min(chunkRows, step.rows - from);
        for (let k = 0; k < count; k++) {
          for (let c = 0; c < columns; c++) write(0, layout.rowBase + k * blocks, c, step.words[(from + k) * columns + c]!);
        }
        lines.push(`c ${command(opcodes.rows, count, layout.rowBase, 0, 0)}`);
      }
    } else if (step.kind === 'factor') {
      lines.push(`c ${command(opcodes.factor, 1, 0, 0, step.shift)}`);
    } else {
      const vecBase = layout.weightBase + (d - 1) * layout.weightBlocks - layout.outputBlock;
      lines.push(`c ${command(opcodes.back, 1, (d - 1) * blocks, (vecBase + 2 ** 24) % 2 ** 24, 0)}`);
    }
  }
  for (let i = 0; i < d; i++) for (let c = i; c < columns; c++) read(1, gramRow[i]!, c);
  if (computes(problem, 'factor')) for (let i = 0; i < d; i++) for (let c = i; c < columns; c++) read(0, i * blocks, c);
  if (computes(problem, 'back')) {
    const skip = d - layout.outputBlock * lanes;
    for (let i = 0; i < d; i++) for (let o = 0; o < problem.outputs; o++) read(0, layout.weightBase + i * layout.weightBlocks, skip + o);
  }
  return `${lines.join('\n')}\n`;
}

/** The outcome of a case from what the test bench printed. */
export function parseLog(info: EngineInfo, problem: EngineCase, log: string): Outcome {
  const { columns, chunkRows, features: d } = layoutOf(info, problem);
  const lines = log.split('\n');
  const commands = lines.filter((l) => l.startsWith('c ')).map((l) => l.split(' '));
  const reads = lines.filter((l) => l.startsWith('r ')).map((l) => Number(BigInt.asIntN(info.accumulatorBits, BigInt(`0x${l.slice(2)}`))));
  let atCommand = 0;
  const flags = problem.steps.map((step) => {
    const count = step.kind === 'rows' ? Math.ceil(step.rows / chunkRows) : 1;
    const answers = commands.slice(atCommand, atCommand + count);
    atCommand += count;
    return {
      breakdown: answers.some((a) => a[1] === '1'),
      saturated: answers.some((a) => a[2] === '1'),
      cycles: answers.reduce((sum, a) => sum + Number(a[3]), 0),
    };
  });
  let at = 0;
  const triangle = (): number[] => {
    const out = new Array<number>(d * columns).fill(0);
    for (let i = 0; i < d; i++) for (let c = i; c < columns; c++) out[i * columns + c] = reads[at++]!;
    return out;
  };
  const gram = triangle();
  const factor = computes(problem, 'factor') ? triangle() : [];
  const weights = computes(problem, 'back') ? reads.slice(at) : [];
  return { flags, gram, factor, weights };
}

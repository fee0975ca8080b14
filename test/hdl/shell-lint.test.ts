import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { rtlSources } from '../../.ci/hdl-sources.mjs';
import { shellSources, shellTop } from '../../.ci/shell-sources.mjs';
import { projectRoot } from '../shared.ts';
import { icarus, titled, verilator } from './simulators.ts';

const run = promisify(execFile);
const files = [...rtlSources, ...shellSources].map((path) => join(projectRoot, path));
const yosysAnswer = spawnSync('yosys', ['-V'], { encoding: 'utf8' });
const yosys = yosysAnswer.status === 0 ? yosysAnswer.stdout.split('\n')[0] : undefined;

type Parameters = Readonly<Record<string, number>>;

/** A small board, the boards of hdl/boards in spirit, and the largest. */
const boards: readonly Parameters[] = [
  { N: 2, DW: 16, AW: 36, OPERAND_DEPTH: 1024, GRAM_DEPTH: 256, MAX_FEATURES: 24, LIMBS: 1, RX_BYTES: 512, MAX_PAYLOAD: 256, TELEMETRY: 0 },
  { N: 8, DW: 18, AW: 48, OPERAND_DEPTH: 6144, GRAM_DEPTH: 1408, MAX_FEATURES: 128, LIMBS: 2, CLOCK_HZ: 25_000_000, BAUD: 3_000_000 },
  { N: 16, DW: 18, AW: 48, OPERAND_DEPTH: 147456, GRAM_DEPTH: 132096, MAX_FEATURES: 1024, LIMBS: 2, RX_BYTES: 8192 },
  { N: 4, DW: 12, AW: 40, OPERAND_DEPTH: 100, GRAM_DEPTH: 33, MAX_FEATURES: 20, LIMBS: 1, CLOCK_HZ: 4_000_000, BAUD: 1_000_000 },
];

const messages = async (command: string, args: readonly string[]): Promise<string> => {
  try {
    const { stdout, stderr } = await run(command, [...args], { maxBuffer: 1 << 24 });
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    return `${stdout ?? ''}${stderr ?? ''}` || String(error);
  }
};

describe('the board shell is accepted', () => {
  test.skipIf(verilator === undefined).each(boards)(`by ${titled('verilator -Wall', verilator)} without a word: %o`, async (parameters) => {
    const sets = Object.entries(parameters).map(([name, value]) => `-G${name}=${value}`);
    expect(await messages('verilator', ['--lint-only', '-Wall', '--top-module', shellTop, ...sets, ...files])).toBe('');
  });

  test.skipIf(icarus === undefined)('nor by Icarus with a ring that holds no frame', async () => {
    expect(await messages('iverilog', ['-g2012', '-t', 'null', '-s', shellTop, `-P${shellTop}.RX_BYTES=512`, ...files])).toContain(
      'illegal_RX_BYTES',
    );
  });

  test.skipIf(icarus === undefined)(`by ${titled('Icarus', icarus)}`, async () => {
    const sets = Object.entries(boards[0]!).map(([name, value]) => `-P${shellTop}.${name}=${value}`);
    const said = await messages('iverilog', ['-g2012', '-t', 'null', '-s', shellTop, ...sets, ...files]);
    // It says that it watches all bits of a vector where a part would do, which changes nothing.
    expect(said.split('\n').filter((line) => line !== '' && !line.includes('all bits will be included'))).toEqual([]);
  });

  const illegal: readonly (readonly [string, Parameters])[] = [
    ['illegal BAUD', { CLOCK_HZ: 12_000_000, BAUD: 4_000_000 }],
    ['illegal MAX_PAYLOAD', { MAX_PAYLOAD: 32 }],
    ['illegal MAX_PAYLOAD', { MAX_PAYLOAD: 1025 }],
    ['illegal RX_BYTES', { RX_BYTES: 1024 }],
    ['illegal RX_BYTES', { RX_BYTES: 3000 }],
  ];
  test.skipIf(verilator === undefined).each(illegal)('but not with %s %o', async (text, parameters) => {
    const sets = Object.entries(parameters).map(([name, value]) => `-G${name}=${value}`);
    expect(await messages('verilator', ['--lint-only', '-Wall', '--top-module', shellTop, ...sets, ...files])).toContain(text);
  });

  test.skipIf(yosys === undefined)(`by ${titled('Yosys', yosys)}, without latches, loops or several drivers`, async () => {
    const sets = Object.entries(boards[0]!).map(([name, value]) => `-set ${name} ${value}`);
    const script = `read_verilog -sv -defer ${files.join(' ')}; chparam ${sets.join(' ')} ${shellTop}; hierarchy -check -top ${shellTop}; proc; check -assert; stat`;
    const said = await messages('yosys', ['-p', script]);
    expect(said).toContain('Found and reported 0 problems.');
    expect(said).not.toMatch(/ERROR|\$dlatch/);
  });
});

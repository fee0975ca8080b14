import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { buildEngine } from '../../.ci/build-hdl.mjs';
import { defaultParameters, readSources, rtlSources, top } from '../../.ci/hdl-sources.mjs';
import { projectRoot } from '../shared.ts';
import { icarus, titled, verilator } from './simulators.ts';

const run = promisify(execFile);
const files = rtlSources.map((path) => join(projectRoot, path));

type Parameters = Readonly<Record<string, number>>;

function sets(parameters: Parameters, prefix: string): string[] {
  return Object.entries(parameters).map(([name, value]) => `${prefix}${name}=${value}`);
}

/** Messages of a tool; empty when it is content. */
async function messages(command: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await run(command, [...args]);
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    return `${stdout ?? ''}${stderr ?? ''}` || String(error);
  }
}

const lint = (parameters: Parameters): Promise<string> =>
  messages('verilator', ['--lint-only', '-Wall', '--top-module', top, ...sets(parameters, '-G'), ...files]);
const elaborate = (parameters: Parameters): Promise<string> =>
  messages('iverilog', ['-g2012', '-t', 'null', '-s', top, ...sets(parameters, `-P${top}.`), ...files]);

const memories = [
  { OPERAND_DEPTH: 147456, GRAM_DEPTH: 132096, MAX_FEATURES: 1024 },
  { OPERAND_DEPTH: 1000, GRAM_DEPTH: 400, MAX_FEATURES: 24 },
];
const matrix = [2, 4, 8, 16].flatMap((N) =>
  [16, 18].flatMap((DW) =>
    [40, 48].flatMap((AW) =>
      memories.flatMap((m) =>
        [1, 2].map((LIMBS) => ({ N, DW, AW, LIMBS, ...m, MAX_FEATURES: Math.min(m.MAX_FEATURES, 2 ** (AW + 1 - 2 * DW) - 1) })),
      ),
    ),
  ),
);

const illegal: readonly (readonly [string, Parameters, string])[] = [
  ['lanes not a power of two', { N: 6 }, 'illegal N'],
  ['one lane', { N: 1 }, 'illegal N'],
  ['words too narrow', { DW: 6, MAX_FEATURES: 24 }, 'illegal DW'],
  ['accumulator too narrow', { AW: 36, MAX_FEATURES: 1 }, 'illegal AW'],
  ['accumulator beyond a double', { AW: 56 }, 'illegal AW'],
  ['no operand memory', { OPERAND_DEPTH: 4 }, 'illegal OPERAND_DEPTH'],
  ['no Gram memory', { GRAM_DEPTH: 4 }, 'illegal GRAM_DEPTH'],
  ['three limbs', { LIMBS: 3 }, 'illegal LIMBS'],
  ['two limbs of long words', { LIMBS: 2, DW: 20, MAX_FEATURES: 100 }, 'illegal LIMBS'],
  ['features that could wrap the accumulator', { AW: 40, MAX_FEATURES: 32 }, 'illegal MAX_FEATURES'],
];

describe(titled('verilator --lint-only -Wall', verilator), () => {
  test.skipIf(verilator === undefined)('is clean for every legal combination of parameters', async () => {
    for (const parameters of matrix) expect(await lint(parameters), JSON.stringify(parameters)).toBe('');
  });

  test.skipIf(verilator === undefined).each(illegal)('stops at elaboration with a message: %s', async (_name, change, text) => {
    expect(await lint({ ...defaultParameters, ...change })).toContain(text);
  });
});

describe(titled('Icarus', icarus), () => {
  test.skipIf(icarus === undefined).each(illegal)('stops at elaboration with a message: %s', async (_name, change, text) => {
    expect(await elaborate({ ...defaultParameters, ...change })).toContain(text.replace(' ', '_'));
  });

  test.skipIf(icarus === undefined)('elaborates the shipped parameters without a word', async () => {
    expect(await elaborate(defaultParameters)).toBe('');
  });
});

describe('Yosys', () => {
  test('stops the build with the message of the broken rule', async () => {
    await expect(buildEngine({ parameters: { N: 6 }, folder: join(projectRoot, 'dist/engine-variants/illegal') })).rejects.toThrow(
      'illegal N: must be 2, 4, 8 or 16',
    );
  });
});

test('every RTL file starts with its licence, forbids implicit nets and ends by restoring the default', async () => {
  for (const [path, text] of Object.entries(await readSources(rtlSources))) {
    const lines = text.trimEnd().split('\n');
    expect(lines.slice(0, 2), path).toEqual(['// SPDX-License-Identifier: MIT', '`default_nettype none']);
    expect(lines.at(-1), path).toBe('`resetall');
    expect(
      lines.filter((l) => l.length > 130),
      path,
    ).toEqual([]);
    expect(text, path).toContain(`module ${path.split('/').at(-1)!.replace('.sv', '')}`);
  }
});

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { defaultKernelParameters, kernelModelSources, kernelSources, kernelTop } from '../../.ci/build-kernel-model.mjs';
import { readSources } from '../../.ci/hdl-sources.mjs';
import { kernelArguments } from '../../solver-core/backends/xrt/generated/kernel.ts';
import { goldenHash18 } from '../../solver-core/backends/engine/self-test.ts';
import { projectRoot } from '../shared.ts';
import { icarus, titled } from './simulators.ts';
import { kernelRtl, smallKernel, verilator } from './xrt-build.ts';

const run = promisify(execFile);
const files = kernelRtl.map((path) => join(projectRoot, path));

/** Messages of a tool; empty when it is content. */
async function messages(command: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run(command, [...args]).catch((error: { stdout: string; stderr: string }) => error);
  return stdout + stderr;
}

const variants: readonly Readonly<Record<string, number>>[] = [
  defaultKernelParameters,
  smallKernel,
  { ...smallKernel, N: 16, DW: 18, AW: 48, MAX_BEATS: 1, OUTSTANDING: 1 },
  { ...smallKernel, N: 4, LIMBS: 2, MAX_BEATS: 16, OUTSTANDING: 15 },
];

describe(`the kernel's RTL`, () => {
  test.skipIf(verilator === undefined)(`is clean in ${titled('verilator --lint-only -Wall', verilator)}`, async () => {
    for (const parameters of variants) {
      const sets = Object.entries(parameters).map(([name, value]) => `-G${name}=${value}`);
      const said = await messages('verilator', ['--lint-only', '-Wall', '--top-module', kernelTop, ...sets, ...files]);
      expect(said, JSON.stringify(parameters)).toBe('');
    }
  });

  test.skipIf(icarus === undefined)(`is elaborated without a word by ${titled('Icarus', icarus)}`, async () => {
    for (const parameters of variants) {
      const sets = Object.entries(parameters).map(([name, value]) => `-P${kernelTop}.${name}=${value}`);
      expect(await messages('iverilog', ['-g2012', '-t', 'null', '-s', kernelTop, ...sets, ...files])).toBe('');
    }
  });

  test('has its licence, forbids implicit nets and keeps to one module per file', async () => {
    for (const [path, text] of Object.entries(await readSources(kernelSources.filter((p) => p.startsWith('hdl/xrt/'))))) {
      const lines = text.trimEnd().split('\n');
      expect(lines.slice(0, 2), path).toEqual(['// SPDX-License-Identifier: MIT', '`default_nettype none']);
      expect(lines.at(-1), path).toBe('`resetall');
      expect(
        lines.filter((l) => l.length > 130),
        path,
      ).toEqual([]);
      expect(text.match(/^module (\w+)/gm), path).toEqual([`module ${path.split('/').at(-1)!.replace('.sv', '')}`]);
    }
    for (const text of Object.values(await readSources(kernelModelSources))) expect(text).toMatch(/^\/\/ SPDX-License-Identifier: MIT\n/);
  });
});

test('the kernel.xml of the package lists the arguments of hdl/regs/kernel.json', async () => {
  const [xml] = Object.values(await readSources(['hdl/xrt/package/kernel.xml']));
  const listed = [...xml!.matchAll(/<arg name="(\w+)" addressQualifier="(\d)" id="(\d+)" .*size="0x(\w+)" offset="0x(\w+)"/g)].map((m) => ({
    name: m[1],
    kind: m[2] === '1' ? 'pointer' : 'scalar',
    index: Number(m[3]),
    sizeBytes: Number.parseInt(m[4]!, 16),
    offset: Number.parseInt(m[5]!, 16),
  }));
  expect(listed).toEqual(kernelArguments.map(({ name, kind, index, sizeBytes, offset }) => ({ name, kind, index, sizeBytes, offset })));
});

test('packaging scripts say that nobody ran them, and name every source', async () => {
  const scripts = await readSources(['package_kernel.tcl', 'link.cfg', 'kernel.xml'].map((f) => `hdl/xrt/package/${f}`));
  for (const text of Object.values(scripts)) expect(text).toContain('not run: needs Vivado/Vitis');
  const tcl = scripts['hdl/xrt/package/package_kernel.tcl']!;
  const onCard = (path: string): string =>
    path.replace('hdl/', '').replace('tech/generic/mac', 'tech/$mac/mac').replace('tech/generic/ram', 'tech/$ram/ram');
  for (const path of kernelRtl) expect(tcl).toContain(onCard(path));
  expect(tcl).toContain(goldenHash18);
});

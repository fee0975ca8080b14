import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../.ci/hdl-sources.mjs';
import { projectRoot } from '../shared.ts';
import { titled } from './simulators.ts';
import { KernelBench } from './xrt-bench.ts';
import { kernelRtl, smallKernel, verilatedKernel, verilator } from './xrt-build.ts';
import { kernelChecks } from './xrt-checks.ts';

/** A defect: name, file in hdl/xrt, text, replacement, and what must be seen (a part of it). More are in formal-proofs.ts. */
const mutants = [
  ['bursts run across 4 KiB', 'axi_burst_splitter', "(to_page < 10'(MAX_BEATS)) ? to_page : 10'(MAX_BEATS)", "10'(MAX_BEATS)", 'rule-13'],
  ['data change while they wait', 'axi_write_dma', 'wdata_o   = data_i', 'wdata_o   = wready_i ? data_i : ~data_i', 'rule-11'],
  ['WLAST comes a beat early', 'axi_write_dma', "wlast_o   = w_left_q == '0", "wlast_o   = w_left_q[7:1] == '0", 'rule-16'],
  ['a lonely int32 overwrites its neighbour', 'word_pack', "8'h0f", "8'hff", 'bytes around'],
  ['lengths are not compared', 'kernel_control', 'mover_words_i != in_words_i', "1'b0", 'too many words in'],
  ['byte strobes are ignored', 'kernel_arguments', 'we_i && strb_i[b]', 'we_i', 'strobes'],
] as const;

/** A copy of the RTL with one change, in the cache under a name made from the change. */
async function mutatedTree(file: string, from: string, to: string): Promise<string> {
  const changedPath = `hdl/xrt/${file}.sv`;
  const folder = join(projectRoot, '.cache/hdl/mutants', sha256(JSON.stringify([file, from, to])).slice(0, 16));
  for (const path of kernelRtl) {
    const text = await readFile(join(projectRoot, path), 'utf8');
    if (path === changedPath) expect(text.split(from).length, `"${from}" occurs once in ${file}`).toBe(2);
    await mkdir(join(folder, dirname(path)), { recursive: true });
    await writeFile(join(folder, path), path === changedPath ? text.replace(from, to) : text);
  }
  return folder;
}

/** Everything the checks and the protocol checkers say of a kernel. */
async function findings(program: string): Promise<string> {
  const found: string[] = [];
  for (const [, check] of kernelChecks) {
    const bench = new KernelBench(program);
    const wrong = await check(bench).catch((error: unknown) => `${error}`);
    found.push(wrong ?? '', (await bench.close()).violation);
  }
  return found.join('\n');
}

describe(`a broken kernel is found out, in ${titled('Verilator', verilator)}`, () => {
  test.skipIf(verilator === undefined).each(mutants)('%s', async (_name, file, from, to, seen) => {
    expect(await findings(await verilatedKernel(smallKernel, await mutatedTree(file, from, to)))).toMatch(new RegExp(seen));
  });
});

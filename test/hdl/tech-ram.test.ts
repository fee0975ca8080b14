import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { harnessSource, rtlSources, sha256 } from '../../.ci/hdl-sources.mjs';
import { FunctionalDevice } from '../../solver-core/backends/engine/functional-device.ts';
import { nodeHost } from '../../solver-core/backends/sim/node-host.ts';
import { projectRoot } from '../shared.ts';
import { allCases, runCase } from './run-case.ts';
import { icarus, openSimulator, smallParameters, titled } from './simulators.ts';

/** What block RAM does not promise becomes an unknown word, so that a result that depends on it differs. */
const pessimistic: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'ram_1r1w.sv': [['q <= mem[raddr_i]', "q <= (we_i && waddr_i == raddr_i) ? 'x : mem[raddr_i]"]],
  'ram_2r1w.sv': [
    ['a_q <= mem[a_addr_i]', "a_q <= (b_we_i && b_addr_i == a_addr_i) ? 'x : mem[a_addr_i]"],
    ['if (b_we_i) mem[b_addr_i] <= b_data_i;', "if (b_we_i) mem[b_addr_i] <= b_data_i;\n    if (b_we_i && b_re_i) b_q <= 'x;"],
  ],
};

/** A copy of the RTL with the memories of hdl/rtl/tech/block in place of the reference's, made pessimistic and then changed. */
async function blockTree(change: (path: string, text: string) => string): Promise<string> {
  const texts = await Promise.all(
    [...rtlSources, harnessSource].map(async (path) => {
      const name = path.split('/').at(-1)!;
      const source = pessimistic[name] === undefined ? path : `hdl/rtl/tech/block/${name}`;
      let text = await readFile(join(projectRoot, source), 'utf8');
      for (const [from, to] of pessimistic[name] ?? []) {
        expect(text.split(from).length, `"${from}" occurs once in ${source}`).toBe(2);
        text = text.replace(from, to);
      }
      return [path, change(path, text)] as const;
    }),
  );
  const folder = join(projectRoot, '.cache/hdl/block', sha256(JSON.stringify(texts)).slice(0, 16));
  for (const [path, text] of texts) {
    await mkdir(join(folder, dirname(path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

/** Names of the cases whose outcome differs from the model's. */
async function differing(change: (path: string, text: string) => string = (_path, text) => text): Promise<string[]> {
  const parameters = smallParameters(2, 16, 40, 2);
  const model = new FunctionalDevice(nodeHost, parameters);
  const rtl = await openSimulator('icarus', parameters, await blockTree(change));
  const names: string[] = [];
  for (const problem of allCases(parameters)) {
    const outcome = await rtl.run(problem).catch((error: unknown) => `${error}`);
    if (JSON.stringify(outcome) !== JSON.stringify(await runCase(model, problem))) names.push(problem.name);
  }
  return names;
}

describe.skipIf(icarus === undefined)(`the engine on block RAM, in ${titled('Icarus', icarus)}`, () => {
  test('asks it for nothing that it does not promise: every bit equals the model', async () => {
    expect(await differing()).toEqual([]);
  });

  test('a memory that loses a word is noticed', async () => {
    const change = (path: string, text: string): string =>
      path.endsWith('ram_1r1w.sv') ? text.replace('if (we_i)', "if (we_i && waddr_i != '0)") : text;
    expect(await differing(change)).not.toEqual([]);
  });
});

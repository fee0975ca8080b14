import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { synthesisedNetlists } from '../../.ci/characterise-mac.mjs';
import { characterisation } from '../../solver-core/energy/switching/characterisation.ts';
import { delayedLoads } from '../../solver-core/energy/switching/gate-delays.ts';
import { macCell } from '../../solver-core/energy/switching/gate-simulation.ts';
import { macNetlist } from '../../solver-core/energy/switching/netlist.ts';
import { seededBelow } from '../../solver-core/energy/switching/random.ts';
import type { CellEnergy, MacCellId } from '../../solver-core/energy/switching/types.ts';
import { projectRoot } from '../shared.ts';
import type { MacVector } from './mac-simulation.ts';
import { delayedToggles, netToggles, rtlResults } from './mac-simulation.ts';
import { icarus, titled, verilator } from './simulators.ts';

const cells: readonly MacCellId[] = ['array', 'booth', 'shift'];

function vectorsFor(cell: MacCellId, weights: readonly number[], each: number, seed: number): (MacVector & { readonly weight: number })[] {
  const { allowed, codes } = macNetlist(cell);
  const below = seededBelow(seed);
  return weights.flatMap((weight) =>
    Array.from({ length: each }, (_, i) => ({
      weight,
      code: codes[allowed.indexOf(weight)]!,
      // The ends of the range first.
      activation: i === 0 ? 255 : i === 1 ? 0 : below(256),
      sum: i === 0 ? 2 ** 21 - 1 : i === 1 ? 2 ** 21 : below(2 ** 22),
    })),
  );
}

test.skipIf(icarus === undefined).for(cells)(
  `the RTL of the %s cell computes what its gates compute, in ${titled('Icarus', icarus)}`,
  async (id) => {
    const cell = macCell(id);
    const vectors = vectorsFor(id, cell.allowed, 6, 11);
    const results = await rtlResults(id, vectors);
    expect(results.length).toBe(vectors.length);
    expect(results).toEqual(vectors.map(({ weight, activation, sum }) => cell.output(weight, activation, sum) & 0x3fffff));
  },
);

test.skipIf(icarus === undefined).for(cells)(
  `the %s cell's switching by part is the load of the toggles that ${titled('Icarus', icarus)} counts on its gates`,
  async (id) => {
    const netlist = macNetlist(id);
    const cell = macCell(id);
    const weights = id === 'shift' ? [0, 1, -1, 8, -64] : [0, 1, -1, 64, -127, 85, 119];
    const first = 32 + netlist.weightBits;
    for (const weight of weights) {
      const vectors = vectorsFor(id, [weight], 300, weight + 1000);
      const toggles = await netToggles(netlist, vectors);
      const load = { multiplier: 0, adder: 0, registers: 0 };
      netlist.parts.forEach((part, i) => (load[part === 0 ? 'multiplier' : 'adder'] += toggles[first + i]! * netlist.loads.gate[i]!));
      netlist.loads.activation.forEach((each, bit) => (load.registers += each * toggles[2 + netlist.weightBits + bit]!));
      netlist.loads.sum.forEach((each, bit) => (load.registers += each * toggles[netlist.outputs[bit]!]!));
      const energy = cell.streamEnergy(
        weight,
        Uint8Array.from(vectors, (v) => v.activation),
        Int32Array.from(vectors, (v) => v.sum),
      );
      // Loads and counts are whole numbers: rounding takes back the unit of CellEnergy and makes the comparison exact.
      expect({ weight, ...inLoads(energy, id) }).toEqual({ weight, ...load });
    }
  },
);

test.skipIf(icarus === undefined).for(cells)(
  `glitches of the %s cell under unit delays are those that ${titled('Icarus', icarus)} sees`,
  async (id) => {
    const netlist = macNetlist(id);
    const first = 32 + netlist.weightBits;
    const weight = id === 'shift' ? -32 : -107;
    const vectors = vectorsFor(id, [weight], 50, 77);
    const toggles = await delayedToggles(netlist, vectors);
    const load = [0, 0];
    netlist.parts.forEach((part, i) => (load[part]! += toggles[first + i]! * netlist.loads.gate[i]!));
    const activations = Uint8Array.from(vectors, (v) => v.activation);
    const sums = Int32Array.from(vectors, (v) => v.sum);
    const { delayed, settled } = delayedLoads(netlist, weight, {
      count: vectors.length - 1,
      activationBefore: activations.subarray(0, -1),
      activation: activations.subarray(1),
      sumBefore: sums.subarray(0, -1),
      sum: sums.subarray(1),
    });
    expect(delayed.slice(0, 2)).toEqual(load);
    // A shifter whose shift stands still has no paths of different length.
    if (id === 'shift') expect(delayed[0]).toBe(settled[0]);
    else expect(delayed[0]).toBeGreaterThan(settled[0]);
    expect(delayed[1]).toBeGreaterThan(settled[1]);
  },
);

function inLoads(energy: CellEnergy, id: MacCellId): CellEnergy {
  const { uniformLoad } = characterisation(id, macNetlist(id).sha256);
  const unit = uniformLoad.multiplier + uniformLoad.adder + uniformLoad.registers;
  const whole = (x: number): number => Math.round(x * unit);
  return { multiplier: whole(energy.multiplier), adder: whole(energy.adder), registers: whole(energy.registers) };
}

test('synthesis of the RTL gives the netlists of the data, byte for byte', async () => {
  const fresh = await synthesisedNetlists();
  for (const id of cells) expect({ id, sha256: fresh[id].sha256 }).toEqual({ id, sha256: macNetlist(id).sha256 });
}, 60_000);

test("the cells' page names the netlists that ship, their gates and their glitches", async () => {
  const page = await readFile(join(projectRoot, 'hdl/mac/README.md'), 'utf8');
  for (const id of cells) {
    const { sha256, kinds } = macNetlist(id);
    expect(page).toContain(`| ${id} | ${sha256} |`);
    expect(page).toMatch(new RegExp(`\\| \`mac_${id}\` .*\\| ${kinds.length} \\|`));
    const { factor, correlation } = characterisation(id, sha256).delays;
    const digits = [factor.multiplier, factor.adder, factor.total, correlation].map((x) => x.toFixed(2));
    expect(page).toContain(`| ${id} | ${digits.join(' | ')} |`);
  }
});

// Verilator takes the rows of an array for one signal and finds it circular; nets of the rows are not.
test.skipIf(verilator === undefined)(`the RTL of the cells is clean under ${titled('Verilator', verilator)} -Wall`, async () => {
  const folder = join(projectRoot, 'hdl/mac');
  const sources = (await readdir(folder)).filter((name) => name.endsWith('.sv')).map((name) => join(folder, name));
  for (const id of cells) {
    const options = ['--lint-only', '-Wall', '-Wno-UNOPTFLAT', '--top-module', `mac_${id}`];
    const said = await promisify(execFile)('verilator', [...options, ...sources]).then(
      ({ stdout, stderr }) => stdout + stderr,
      (error: unknown) => String((error as { stderr?: unknown }).stderr),
    );
    expect({ id, said }).toEqual({ id, said: '' });
  }
});

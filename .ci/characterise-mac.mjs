// Synthesises the multiply-add cells of hdl/mac and characterises them: solver-core/energy/switching/data/*.json, and bench/data-free/*.json
// for the benchmark that asks what a table without data is worth.
//   node .ci/characterise-mac.mjs            writes the data; the same sources and Yosys give the same bytes
//   node .ci/characterise-mac.mjs --check    synthesises only and fails where a netlist differs from the data
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { toolVersions } from './build-hdl.mjs';
import { root } from './hdl-sources.mjs';
import { cellIds, effortModel, fanOutModel, loadsUnder, macNetlist, macSources } from './mac-netlist.mjs';

const folder = 'solver-core/energy/switching';
const dataFolder = `${folder}/data`;
const seed = 20261121;
const samples = 1024;
const uniformSamples = 8192;
const delaySamples = 1024;
/** Tables are stored in this unit, 1 being a clock of the cell under uniformly random operands: four digits, as the sampling error is near 1 %. */
const resolution = 1e-4;

/** The product's own simulator, bundled on the fly. */
async function loadSimulator() {
  const { build } = await import('esbuild');
  const outfile = resolve(root, `.cache/characterise-mac-${process.pid}.mjs`);
  const names = ['gate-program', 'gate-kernel', 'gate-delays', 'gate-loads', 'random'];
  const contents = names.map((name) => `export * from './${name}.ts';`).join('\n');
  const options = { bundle: true, platform: 'node', format: 'esm', target: 'node20', outfile, logLevel: 'warning' };
  await build({ ...options, stdin: { contents, resolveDir: resolve(root, folder), loader: 'ts' } });
  const simulator = await import(pathToFileURL(outfile).href);
  await rm(outfile);
  return simulator;
}

/** Mean toggled load by part for one weight, over pairs of [activation, sum] before and after. */
function meanLoads(sim, program, pairs, loads = program.loads) {
  const count = pairs.activations.length / 2;
  const toggles = new Float64Array(program.slots);
  sim.runStream(program, sim.bitPlanes(pairs.activations, 8), sim.bitPlanes(pairs.sums, 22), 'second', toggles);
  const energy = sim.energyOf({ loads }, toggles, count);
  return [energy.multiplier, energy.adder, energy.registers];
}

function uniformPairs(sim, count, from) {
  const below = sim.seededBelow(from);
  return {
    activations: Uint8Array.from({ length: 2 * count }, () => below(256)),
    sums: Int32Array.from({ length: 2 * count }, () => below(2 ** 22)),
  };
}

/** Pairs of one class of activations and one group of sums, uniform within them. */
function stratumPairs(sim, kind, group, from) {
  const below = sim.seededBelow(from);
  const value = (nonZero) => (nonZero ? 1 + below(255) : 0);
  const activations = new Uint8Array(2 * samples);
  const sums = new Int32Array(2 * samples);
  const bits = Array.from({ length: 12 }, (_, i) => 1 << (10 + i));
  for (let i = 0; i < samples; i++) {
    activations[2 * i] = value(kind & 2);
    activations[2 * i + 1] = value(kind & 1);
    let change = below(1024);
    // A uniformly random subset of `group` of the 12 bits.
    let left = group;
    bits.forEach((bit, at) => {
      if (below(12 - at) < left) {
        change |= bit;
        left--;
      }
    });
    sums[2 * i] = below(2 ** 22);
    sums[2 * i + 1] = sums[2 * i] ^ change;
  }
  return { activations, sums };
}

function correlation(x, y) {
  const mean = (v) => v.reduce((a, b) => a + b, 0) / v.length;
  const [mx, my] = [mean(x), mean(y)];
  const sum = (f) => x.reduce((total, _, i) => total + f(x[i] - mx, y[i] - my), 0);
  return sum((a, b) => a * b) / Math.sqrt(sum((a) => a * a) * sum((_, b) => b * b));
}

const digits = (x, n = 4) => Number(x.toFixed(n));
const total = (parts) => parts[0] + parts[1] + parts[2];
const meanOf = (list) => [0, 1, 2].map((part) => list.reduce((sum, parts) => sum + parts[part], 0) / list.length);
const named = ([multiplier, adder, registers], n = 4) => ({
  multiplier: digits(multiplier, n),
  adder: digits(adder, n),
  registers: digits(registers, n),
});

/** Unit delays beside none, weight by weight, on uniformly random pairs. */
function delays(sim, netlist, unit) {
  const pairs = uniformPairs(sim, delaySamples, seed + 1);
  const pick = (values, odd) => values.filter((_, i) => i % 2 === odd);
  const transitions = {
    count: delaySamples,
    activationBefore: pick(pairs.activations, 0),
    activation: pick(pairs.activations, 1),
    sumBefore: pick(pairs.sums, 0),
    sum: pick(pairs.sums, 1),
  };
  const results = netlist.allowed.map((weight) => sim.delayedLoads(netlist, weight, transitions));
  const delayed = meanOf(results.map((r) => r.delayed));
  const settled = meanOf(results.map((r) => r.settled));
  const factor = (part) => (settled[part] === 0 ? 1 : delayed[part] / settled[part]);
  return {
    model: 'every gate one unit of time, all inputs change at once',
    samples: delaySamples,
    factor: { ...named([0, 1, 2].map(factor)), total: digits(total(delayed) / total(settled)) },
    correlation: digits(
      correlation(
        results.map((r) => total(r.delayed)),
        results.map((r) => total(r.settled)),
      ),
    ),
    // By weight, 1 being the same unit as without delays.
    energy: results.map((r) => digits(total(r.delayed) / delaySamples / unit)),
  };
}

/** What the clock would add, and what the assumptions about capacitance do to the energies of the weights. */
function sensitivity(sim, netlist, byWeight, unit, pairs) {
  const clock = 30 * effortModel.registerClock;
  const variants = {
    'fan-out': fanOutModel,
    'registers x 1/2': { ...effortModel, registerInner: effortModel.registerInner / 2 },
    'registers x 2': { ...effortModel, registerInner: effortModel.registerInner * 2 },
  };
  const reference = byWeight.map(total);
  const capacitance = Object.entries(variants).map(([name, model]) => {
    const loads = loadsUnder(model, netlist);
    const energies = netlist.allowed.map((weight) => {
      const program = sim.gateProgram(netlist, weight);
      return meanLoads(sim, program, pairs, sim.reloaded(netlist, program, loads));
    });
    const mean = meanOf(energies);
    const zero = energies[netlist.allowed.indexOf(0)];
    return {
      name,
      shares: named([0, 1, 2].map((part) => mean[part] / total(mean))),
      zeroWeight: digits(total(zero) / total(mean)),
      correlation: digits(correlation(energies.map(total), reference)),
    };
  });
  return { clock: { loadPerCycle: clock, ofUniform: digits(clock / unit) }, capacitance };
}

/** The tables of one cell. */
function characterise(sim, netlist) {
  const programs = netlist.allowed.map((weight) => sim.gateProgram(netlist, weight));
  const uniform = uniformPairs(sim, uniformSamples, seed);
  const byWeight = programs.map((program) => meanLoads(sim, program, uniform));
  const uniformLoad = meanOf(byWeight);
  const unit = total(uniformLoad);
  const table = { multiplier: [], adder: [], registers: [] };
  for (let kind = 0; kind < 4; kind++) {
    const ofGroups = Array.from({ length: 13 }, (_, group) => {
      const pairs = stratumPairs(sim, kind, group, seed + 100 + 13 * kind + group);
      return programs.map((program) => meanLoads(sim, program, pairs));
    });
    const stored = (loads) => loads.map((load) => Math.round(load / unit / resolution));
    const overGroups = programs.map((_, w) => ofGroups.reduce((sum, rows) => sum + rows[w][0], 0) / 13);
    table.multiplier.push(stored(overGroups));
    ofGroups.forEach((rows) => table.adder.push(stored(rows.map((parts) => parts[1]))));
    ofGroups.forEach((rows) => table.registers.push(stored(rows.map((parts) => parts[2]))));
  }
  const origin = { cell: netlist.cell, netlistSha256: netlist.sha256, script: '.ci/characterise-mac.mjs', seed };
  const facts = {
    schema: 'tierwise.mac-characterisation/1',
    ...origin,
    samples: uniformSamples,
    allowed: netlist.allowed,
    uniformLoad: named(uniformLoad, 3),
    // By weight under uniformly random operands and sums, in the unit of CellEnergy.
    uniformEnergy: byWeight.map((parts) => digits(total(parts) / unit)),
    delays: delays(sim, netlist, unit),
    sensitivity: sensitivity(sim, netlist, byWeight, unit, uniform),
  };
  return { facts, strata: { schema: 'tierwise.mac-strata/1', ...origin, samples, resolution, allowed: netlist.allowed, ...table } };
}

async function write(folder, name, data) {
  const { format, resolveConfig } = await import('prettier');
  const path = resolve(root, folder, name);
  const text = await format(JSON.stringify(data), { ...(await resolveConfig(path)), parser: 'json' });
  await writeFile(path, text);
}

/** Netlists made afresh from the RTL, by cell. */
export async function synthesisedNetlists(from = root) {
  const sources = await macSources(from);
  const yosys = (await toolVersions())['@yowasp/yosys'];
  const netlists = {};
  for (const cell of cellIds) netlists[cell] = await macNetlist(cell, { sources, yosys });
  return netlists;
}

async function main(checkOnly) {
  const netlists = await synthesisedNetlists();
  for (const [cell, netlist] of Object.entries(netlists)) {
    console.log(`${cell}: ${netlist.kinds.length} gates, netlist ${netlist.sha256}`);
    if (!checkOnly) continue;
    const stored = JSON.parse(await readFile(resolve(root, dataFolder, `netlist-${cell}.json`), 'utf8'));
    if (stored.sha256 !== netlist.sha256)
      throw new Error(`${cell}: the data holds netlist ${stored.sha256}; run node .ci/characterise-mac.mjs`);
  }
  if (checkOnly) return;
  await mkdir(resolve(root, dataFolder), { recursive: true });
  for (const [cell, netlist] of Object.entries(netlists)) await write(dataFolder, `netlist-${cell}.json`, netlist);
  const sim = await loadSimulator();
  for (const [cell, netlist] of Object.entries(netlists)) {
    const { facts: data, strata } = characterise(sim, netlist);
    await write(dataFolder, `characterisation-${cell}.json`, data);
    await write('bench/data-free', `strata-${cell}.json`, strata);
    const zero = data.uniformEnergy[netlist.allowed.indexOf(0)];
    const spread = `w = 0 ${zero}, least ${Math.min(...data.uniformEnergy)}, most ${Math.max(...data.uniformEnergy)}`;
    console.log(
      `${cell}: ${JSON.stringify(data.uniformLoad)} ${spread}, with unit delays x ${data.delays.factor.total}, r ${data.delays.correlation}`,
    );
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main(process.argv.includes('--check'));

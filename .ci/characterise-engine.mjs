// Counts the register toggles of the engine's RTL on seeded problems, phase by phase: solver-core/energy/data/engine-toggles.json.
//   node .ci/characterise-engine.mjs         writes the data; the same RTL, tools and seeds give the same bytes
// The simulated engine solves each problem as a fit does, with refinement; nothing of the RTL is changed (engine-toggles.mjs).
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { toolVersions } from './build-hdl.mjs';
import { buildCounting, countingFolder, readCounters, toggleClasses } from './engine-toggles.mjs';
import { readSources, root, rtlSources, sha256 } from './hdl-sources.mjs';

const seed = 20261121;

/** Engines as they ship: the smallest board, the simulated engine and the larger boards, the largest target. Memories as the problems need. */
export const engines = [
  {
    name: 'n2-16',
    parameters: { N: 2, DW: 16, AW: 36, OPERAND_DEPTH: 1024, GRAM_DEPTH: 256, MAX_FEATURES: 24, LIMBS: 1 },
    sizes: [12, 20],
  },
  { name: 'n8-18', parameters: { N: 8, OPERAND_DEPTH: 16384, GRAM_DEPTH: 4096, MAX_FEATURES: 192 }, sizes: [32, 64, 128] },
  { name: 'n16-18', parameters: { N: 16, OPERAND_DEPTH: 16384, GRAM_DEPTH: 2048, MAX_FEATURES: 192 }, sizes: [32, 64, 128] },
];

/** Rows that layers see: hidden features behind ReLU, correlated inputs without sign, bytes of pictures with much background, inputs that nearly repeat one another. */
export const kinds = ['relu', 'dense', 'pixels', 'collinear'];

/** The product's solver and simulated engine, bundled on the fly. */
export async function loadEngine() {
  const { build } = await import('esbuild');
  const outfile = resolve(root, `.cache/characterise-engine-${process.pid}.mjs`);
  const contents = [
    "export { solveOnDevice } from './backends/engine/solve-on-device.ts';",
    "export { WasmDevice } from './backends/sim/wasm-device.ts';",
    "export { loadImage } from './backends/sim/load-image.ts';",
    "export { seededBelow } from './energy/switching/random.ts';",
  ].join('\n');
  const options = { bundle: true, platform: 'node', format: 'esm', target: 'node20', outfile, logLevel: 'warning' };
  await build({ ...options, stdin: { contents, resolveDir: resolve(root, 'solver-core'), loader: 'ts' } });
  const product = await import(pathToFileURL(outfile).href);
  await rm(outfile);
  return product;
}

/** Rows [n, d] of a kind and one-hot labels [n, k] of classes that depend on them. */
export function typicalRows(seededBelow, kind, d, outputs, n, from) {
  const below = seededBelow(from);
  // Sum of uniform numbers: near enough to a normal one, and the same bits on every machine.
  const normal = () => (below(65536) + below(65536) + below(65536) + below(65536) - 131070) / 37837;
  const hidden = Math.max(2, Math.floor(d / 4));
  const mix = Float64Array.from({ length: hidden * d }, normal);
  const x = new Float64Array(n * d);
  const y = new Float64Array(n * outputs);
  for (let row = 0; row < n; row++) {
    const source = Float64Array.from({ length: hidden }, normal);
    for (let j = 0; j < d; j++) {
      let value = (kind === 'collinear' ? 0.001 : 0.5) * normal();
      for (let h = 0; h < hidden; h++) value += (source[h] * mix[h * d + j]) / Math.sqrt(hidden);
      if (kind === 'relu') value = Math.max(0, value);
      if (kind === 'pixels') value = value < 0.25 ? 0 : Math.min(255, Math.floor(value * 100));
      x[row * d + j] = value;
    }
    let best = 0;
    for (let o = 1; o < outputs; o++) if (source[o % hidden] * (1 + Math.floor(o / hidden)) > source[best % hidden]) best = o;
    y[row * outputs + best] = 1;
  }
  return { x, y };
}

const host = { nowMs: () => performance.now(), pause: () => Promise.resolve() };

/** Solves a problem on a counting engine out of reset: its work as a fit record has it, and its counters by phase. */
export async function countSolve(product, device, { kind, d, outputs, rows, from }) {
  const { x, y } = typicalRows(product.seededBelow, kind, d, outputs, rows, from);
  const source = {
    rows,
    columns: d,
    outputs,
    async *chunks() {
      yield { rows, x, y };
    },
  };
  const context = { host, abort: { aborted: false } };
  const solution = await product.solveOnDevice({ source, lambda: kind === 'collinear' ? 1e-4 : undefined, bias: true }, device, context);
  return { work: solution.engine, counters: readCounters(device.rtl.call), residual: solution.relativeResidual };
}

/** Phases of a fit record from those of the counters: substitutions from the last row are one, and so are words of one and two limbs. */
export function phaseCounts({ work, counters }) {
  const joined = (clocks, ...names) => {
    const counts = Object.fromEntries(
      toggleClasses.map((kind) => [kind, names.reduce((sum, name) => sum + counters[name].counts[kind], 0)]),
    );
    return { clocks, counts };
  };
  return {
    gram: joined(work.gramCycles, 'gram'),
    chol: joined(work.cholCycles, 'chol', 'chol2'),
    back: joined(work.backCycles, 'back', 'backv', 'back2', 'backv2'),
    fsub: joined(work.fsubCycles ?? 0, 'fsub', 'fsub2'),
    host: joined(work.hostWords, 'host'),
  };
}

/** Classes that a lane has each for itself; the others are there once. */
const perLane = new Set(['operand', 'product', 'accumulator', 'ramRead', 'ramWritten']);
const digits = (x) => Number(x.toPrecision(4));

/** Mean and spread of the bits per clock (host: per word) of each class over the problems of an engine. */
function tables(results, lanes) {
  const phases = results.map(phaseCounts);
  return Object.fromEntries(
    Object.keys(phases[0]).map((phase) => {
      const ran = phases.map((p) => p[phase]).filter(({ clocks }) => clocks > 0);
      if (ran.length === 0) return [phase, null];
      const rates = Object.fromEntries(
        toggleClasses.map((name) => {
          const each = ran.map(({ clocks, counts }) => counts[name] / clocks / (perLane.has(name) && phase !== 'host' ? lanes : 1));
          const mean = each.reduce((a, b) => a + b, 0) / each.length;
          return [name, { mean: digits(mean), low: digits(Math.min(...each)), high: digits(Math.max(...each)) }];
        }),
      );
      return [phase, { problems: ran.length, rates }];
    }),
  );
}

async function characterise(product, { name, parameters, sizes }, number) {
  const folder = countingFolder(name);
  const manifest = await buildCounting(parameters, folder);
  const results = [];
  for (const [k, kind] of kinds.entries()) {
    for (const [s, d] of sizes.entries()) {
      const problem = {
        kind,
        d,
        outputs: Math.min(10, Math.max(3, Math.floor(d / 4))),
        rows: 4 * d,
        from: seed + 100 * number + 10 * k + s,
      };
      const device = await product.WasmDevice.create(await product.loadImage(folder), host);
      const result = await countSolve(product, device, problem);
      await device.dispose();
      results.push(result);
      const { gramCycles, cholCycles, backCycles, fsubCycles } = result.work;
      console.log(
        `${name} ${kind} d = ${d}: clocks ${gramCycles} ${cholCycles} ${backCycles} ${fsubCycles}, residual ${result.residual.toExponential(1)}`,
      );
    }
  }
  const bits = Object.fromEntries(
    toggleClasses.slice(0, 5).map((kind) => [kind, manifest.registers.filter((r) => r.kind === kind).reduce((sum, r) => sum + r.bits, 0)]),
  );
  const { N, DW } = manifest.parameters;
  return { lanes: N, wordBits: DW, parameters: manifest.parameters, registerBits: bits, sizes, kinds, phases: tables(results, N) };
}

async function main() {
  const sources = await readSources(rtlSources);
  const product = await loadEngine();
  const list = [];
  for (const [number, engine] of engines.entries()) list.push(await characterise(product, engine, number));
  const data = {
    schema: 'tierwise.engine-toggles/1',
    script: '.ci/characterise-engine.mjs',
    seed,
    rtlSha256: Object.fromEntries(Object.entries(sources).map(([path, text]) => [path, sha256(text)])),
    toolVersions: await toolVersions(),
    units:
      'bits per clock of the phase, those of operand, product, accumulator, ramRead and ramWritten per lane; host: bits per word that the host moves, all lanes together',
    engines: list,
  };
  const { format, resolveConfig } = await import('prettier');
  const path = resolve(root, 'solver-core/energy/data/engine-toggles.json');
  await mkdir(resolve(path, '..'), { recursive: true });
  await writeFile(path, await format(JSON.stringify(data), { ...(await resolveConfig(path)), parser: 'json' }));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();

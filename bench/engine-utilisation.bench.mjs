// Clocks of each operation in the simulated engine and the share of the peak they use: useful multiply-accumulates / (lanes x clocks).
//   node bench/engine-utilisation.bench.mjs
import { join } from 'node:path';
import { buildEngine } from '../.ci/build-hdl.mjs';
import { root } from '../.ci/hdl-sources.mjs';
import { loadSource } from './peers/peers.mjs';

const folder = join(root, 'dist/engine');
await buildEngine({ folder });
const { loadImage } = await loadSource('solver-core/backends/sim/load-image.ts');
const { WasmDevice } = await loadSource('solver-core/backends/sim/wasm-device.ts');
const host = { nowMs: () => performance.now(), pause: () => Promise.resolve() };
const device = await WasmDevice.create(await loadImage(folder), host);
const { lanes } = device.info;
const outputs = 8;
const rows = 64;

/** Multiply-accumulates that the results need: entries of the triangle and the outputs, without padding. */
function useful(d, limbs) {
  let gram = 0;
  let chol = 0;
  for (let i = 0; i < d; i++) {
    gram += d + outputs - i;
    chol += i * (d + outputs - i);
  }
  const passes = limbs === 2 ? 3 : 1;
  const substitution = (outputs * d * (d - 1)) / 2;
  return { GRAM: rows * gram, CHOL: passes * chol, BACK: passes * substitution, FSUB: passes * substitution };
}

async function clocks(d, limbs) {
  let state = 12345;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 20;
  await device.begin({ features: d, outputs, diagonal: new Float64Array(d).fill(2 ** 32) });
  const words = Int32Array.from({ length: rows * (d + outputs) }, () => next() - 2048);
  const gram = (await device.accumulate(words, rows)).cycles;
  const chol = (await device.factor(4, undefined, limbs)).cycles;
  const back = (await device.backSubstitute()).cycles;
  const r = { values: new Float64Array(d * outputs), fractionBits: limbs * (device.info.wordBits - 1) };
  const fsub = (await device.solve(r, undefined, 'forward')).flags.cycles;
  const forget = (await device.decay(3)).cycles;
  return { GRAM: gram, CHOL: chol, BACK: back, FSUB: fsub, forget };
}

console.log(`N = ${lanes}, m = ${outputs}, GRAM with ${rows} rows; clocks (share of the peak)\n`);
console.log('| d | limbs | GRAM | CHOL | BACK, BACKV | FSUB | forgetting |\n|---|---|---|---|---|---|---|');
for (const limbs of [1, 2]) {
  for (const d of [32, 64, 256]) {
    const work = useful(d, limbs);
    const taken = await clocks(d, limbs);
    const cell = (name) => `${taken[name]} (${((100 * work[name]) / (lanes * taken[name])).toFixed(1)} %)`;
    console.log(`| ${d} | ${limbs} | ${cell('GRAM')} | ${cell('CHOL')} | ${cell('BACK')} | ${cell('FSUB')} | ${taken.forget} |`);
  }
}
await device.dispose();

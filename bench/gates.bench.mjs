// Speed of the gate-level simulation of the multiply-add cells: CPU time per transition and gates times vectors per second.
//   node bench/gates.bench.mjs
import { loadSource } from './peers/peers.mjs';

const { macCell } = await loadSource('solver-core/energy/switching/gate-simulation.ts');
const { bitPlanes } = await loadSource('solver-core/energy/switching/gate-kernel.ts');
const { macNetlist } = await loadSource('solver-core/energy/switching/netlist.ts');
const { seededBelow } = await loadSource('solver-core/energy/switching/random.ts');

const count = 8192;
const rounds = 5;
const below = seededBelow(7);
const bytes = () => Uint8Array.from({ length: count }, () => below(256));
const sums = () => Int32Array.from({ length: count }, () => below(2 ** 22));
const transitions = { count, activationBefore: bytes(), activation: bytes(), sumBefore: sums(), sum: sums() };

/** Least CPU nanoseconds per transition over the rounds, all weights of the cell in turn. */
function cpuNs(cell, work) {
  let least = Infinity;
  let sink = 0;
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage();
    for (const weight of cell.allowed) sink += work(weight).adder;
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, ((user + system) * 1000) / count / cell.allowed.length);
  }
  if (!(sink > 0)) throw new Error('nothing was counted');
  return least;
}

console.log('| cell | gates | planes, ns | stream, ns | pairs, ns | gates x vectors per second (planes) |\n|---|---|---|---|---|---|');
for (const id of ['array', 'booth', 'shift']) {
  const cell = macCell(id);
  const gates = macNetlist(id).kinds.length;
  const activations = bitPlanes(transitions.activation, 8);
  const start = bitPlanes(transitions.sum, 22);
  const planes = cpuNs(cell, (weight) => cell.planesEnergy(weight, activations, start.slice()));
  const stream = cpuNs(cell, (weight) => cell.streamEnergy(weight, transitions.activation, transitions.sum));
  const pairs = cpuNs(cell, (weight) => cell.transitionEnergy(weight, transitions));
  const rate = (gates / planes) * 1e9;
  console.log(`| ${id} | ${gates} | ${planes.toFixed(1)} | ${stream.toFixed(1)} | ${pairs.toFixed(1)} | ${rate.toExponential(1)} |`);
}

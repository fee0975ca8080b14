// AlexNet's convolutions on the target eyeriss-168 against the published figures of the chip.
//   node bench/eyeriss.bench.mjs
import { loadSource } from './peers/peers.mjs';

const { published, fullyConnected, vgg16, dramAccesses, publishedNest, tableFigures, ownMapping, shares, shareBands, parts } =
  await loadSource('test/solver-core/energy/mapping/eyeriss.ts');
const { mappingText } = await loadSource('solver-core/energy/mapping/describe.ts');
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const row = (cells) => console.log(`| ${cells.join(' | ')} |`);
const head = (cells) => {
  console.log('');
  row(cells);
  row(cells.map(() => '---'));
};

console.log('Shares within bands that follow from published figures alone (see test/solver-core/energy/mapping/eyeriss.ts):');
head(['layer', 'part', 'band', 'eyeriss-168', 'verdict', 'energy of the part that would pass as well']);
for (const layer of published) {
  const own = shares(ownMapping(layer.shape)).shares;
  const bands = shareBands(layer);
  for (const part of parts) {
    const [low, high] = bands[part];
    const verdict = own[part] >= low && own[part] <= high ? 'within' : 'OUTSIDE';
    const times = (share) => ((share * (1 - own[part])) / (own[part] * (1 - share))).toFixed(1);
    row([layer.id, part, `${percent(low)} to ${percent(high)}`, percent(own[part]), verdict, `${times(low)} to ${times(high)} times`]);
  }
}

head(['layer', 'energy per MAC', 'largest part', 'published']);
for (const { id, shape } of [...published, ...fullyConnected]) {
  const { shares: own, energyPerMacJ } = shares(ownMapping(shape));
  const largest = parts.reduce((best, part) => (own[part] > own[best] ? part : best));
  const expected = id.startsWith('FC') ? 'off-chip' : 'registers';
  row([id, `${(energyPerMacJ * 1e12).toFixed(1)} pJ`, `${largest} ${percent(own[largest])}`, largest === expected ? 'same' : expected]);
}

head([
  'layer',
  'units at work',
  'buffer MB without weights',
  'published',
  'weights through the buffer, MB',
  'DRAM MB before compression',
  'published after',
  'ms without ramps',
  'published',
]);
for (const layer of published) {
  const ours = tableFigures(publishedNest(layer));
  row([
    layer.id,
    `${ours.activeUnits} (${layer.activeUnits})`,
    ours.bufferMb.toFixed(1),
    layer.bufferMb,
    ours.weightsMb.toFixed(1),
    ours.dramMb.toFixed(2),
    layer.dramMb.toFixed(1),
    ours.latencyMs.toFixed(1),
    layer.latencyMs.toFixed(1),
  ]);
}
const [, , conv3, conv4] = published;
console.log(`\nCONV3 with the parameters of CONV4: buffer ${tableFigures(publishedNest(conv3, conv4.parameters)).bufferMb.toFixed(1)} MB`);

head(['layer', 'DRAM MB, published mapping', 'DRAM MB, own', 'energy per MAC, own over published mapping', 'own mapping']);
for (const layer of published) {
  const nest = publishedNest(layer);
  const theirs = tableFigures(nest);
  const own = ownMapping(layer.shape);
  const mapping = { ...own, nest, traffic: theirs.traffic };
  const ratio = shares(own).energyPerMacJ / shares(mapping).energyPerMacJ;
  row([layer.id, theirs.dramMb.toFixed(2), tableFigures(own.nest).dramMb.toFixed(2), ratio.toFixed(3), mappingText(own)]);
}

head(['VGG-16, batch 3', 'DRAM words', 'multiply-adds', 'per multiply-add', 'inputs fetched', 'weights fetched', 'own mapping']);
let [words, macs] = [0, 0];
for (const { id, shape } of vgg16) {
  const own = ownMapping(shape);
  const { traffic } = own;
  const { inputs, weights } = traffic.levels.dram;
  words += dramAccesses(traffic);
  macs += traffic.macs;
  row([
    id,
    dramAccesses(traffic),
    traffic.macs,
    (dramAccesses(traffic) / traffic.macs).toFixed(4),
    `${(inputs.reads / (3 * shape.channels * shape.rows.size ** 2)).toFixed(2)} times`,
    `${weights.reads / (shape.outputs * shape.channels * 9)} times`,
    mappingText(own),
  ]);
}
console.log(`\nAll of VGG-16: ${(words / macs).toFixed(4)} DRAM accesses per multiply-add before compression; published after it: 0.0035`);

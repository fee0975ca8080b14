import { arrayInference } from '../../../../solver-core/energy/array-energy.ts';
import type { EnergyContext } from '../../../../solver-core/energy/cost.ts';
import { energyContext } from '../../../../solver-core/energy/estimate.ts';
import type { Mapping } from '../../../../solver-core/energy/mapping/bits.ts';
import { chooseMapping } from '../../../../solver-core/energy/mapping/choose.ts';
import type { Nest } from '../../../../solver-core/energy/mapping/nest.ts';
import type { LayerShape } from '../../../../solver-core/energy/mapping/shape.ts';
import { denseShape } from '../../../../solver-core/energy/mapping/shape.ts';
import type { Traffic } from '../../../../solver-core/energy/mapping/traffic.ts';
import { nestTraffic } from '../../../../solver-core/energy/mapping/traffic.ts';
import type { ArrayOnTarget } from '../../../../solver-core/energy/target.ts';
import type { Layer } from '../../../../solver-core/model/layer.ts';

/**
 * AlexNet's convolutions as Chen et al. ran them on Eyeriss, batch 4. Shapes with stored padding, mapping parameters and GLB, DRAM and
 * latency figures: tables III and V of "Eyeriss: an energy-efficient reconfigurable accelerator for deep convolutional neural networks",
 * JSSC 52(1), 2017, read from the transcription in cucapra/fodlam (raw/, data/eyeriss-alexnet.csv), whose sums agree with the paper's text
 * (15.4 MB, 88 % active). m, n: outputs and images in the buffer; e: strip; p, q: filters and channels in a unit; r, t: sets by channel, by filter.
 */
export const published = [
  conv('CONV1', [227, 55, 11, 4], [3, 96, 1], [96, 1, 7, 16, 1, 1, 2], [154, 18.5, 5.0, 16.5]),
  conv('CONV2', [31, 27, 5, 1], [48, 128, 2], [64, 1, 27, 16, 2, 1, 1], [135, 77.6, 4.0, 39.2]),
  conv('CONV3', [15, 13, 3, 1], [256, 384, 1], [64, 4, 13, 16, 4, 1, 4], [156, 50.2, 3.0, 21.8]),
  conv('CONV4', [15, 13, 3, 1], [192, 192, 2], [64, 4, 13, 16, 3, 2, 2], [156, 37.4, 2.1, 16.0]),
  conv('CONV5', [15, 13, 3, 1], [192, 128, 2], [64, 4, 13, 16, 3, 2, 2], [156, 24.9, 1.3, 10.0]),
] as const;

/** Its fully connected layers, which the papers give no table for. */
export const fullyConnected = [
  { id: 'FC1', shape: { ...denseShape(1, 9216, 4096), images: 4 } },
  { id: 'FC2', shape: { ...denseShape(1, 4096, 4096), images: 4 } },
  { id: 'FC3', shape: { ...denseShape(1, 4096, 1000), images: 4 } },
];

type Numbers = readonly number[];

function conv(
  id: string,
  [size = 0, outputs = 0, kernel = 0, stride = 0]: Numbers,
  [channels = 0, filters = 0, groups = 0]: Numbers,
  [m = 0, n = 0, e = 0, p = 0, q = 0, r = 0, t = 0]: Numbers,
  [activeUnits = 0, bufferMb = 0, dramMb = 0, latencyMs = 0]: Numbers,
) {
  const axis = { size, outputs, kernel, stride, dilation: 1, before: 0 };
  const shape: LayerShape = { images: 4, groups, outputs: filters, channels, rows: axis, columns: axis };
  return { id, shape, parameters: { m, n, e, p, q, r, t }, activeUnits, bufferMb, dramMb, latencyMs };
}

export type Published = (typeof published)[number];

/** The published mapping of a layer as a nest; `parameters` default to the layer's own. */
export function publishedNest({ shape, parameters: own }: Published, { m, n, e, p, q, r, t } = own): Nest {
  return {
    shape,
    weightsPassThrough: true,
    pass: { dataflow: 'row-stationary', strip: e, kernelRows: shape.rows.kernel, channels: q, filters: p, channelSets: r, filterSets: t },
    outer: [
      { dim: 'outputs', tile: m },
      { dim: 'images', tile: n },
      { dim: 'rows', tile: e },
      { dim: 'channels', tile: q * r },
    ],
  };
}

/**
 * The convolutions of VGG-16, batch 3, for which the abstract of the same paper gives 0.0035 DRAM accesses per multiply-add after
 * compression. Their mapping parameters and megabytes were not at hand.
 */
export const vgg16 = (
  [
    [224, 3, 64],
    [224, 64, 64],
    [112, 64, 128],
    [112, 128, 128],
    [56, 128, 256],
    [56, 256, 256],
    [56, 256, 256],
    [28, 256, 512],
    [28, 512, 512],
    [28, 512, 512],
    [14, 512, 512],
    [14, 512, 512],
    [14, 512, 512],
  ] as const
).map(([size, channels, outputs], index): { readonly id: string; readonly shape: LayerShape } => {
  const side = { size, outputs: size, kernel: 3, stride: 1, dilation: 1, before: 1 };
  return { id: `CONV${index + 1}`, shape: { images: 3, groups: 1, outputs, channels, rows: side, columns: side } };
});

/** Words that cross DRAM in either direction. */
export function dramAccesses({ levels: { dram } }: Traffic): number {
  return dram.weights.reads + dram.inputs.reads + dram.outputs.reads + dram.outputs.writes;
}

/** What table V counts, for one nest; `bufferMb` leaves out the weights that pass through the buffer, `weightsMb`. */
export function tableFigures(nest: Nest): {
  activeUnits: number;
  bufferMb: number;
  weightsMb: number;
  dramMb: number;
  latencyMs: number;
  traffic: Traffic;
} {
  const traffic = nestTraffic(nest, 12, 14);
  const { buffer } = traffic.levels;
  const sums = buffer.outputs.reads + buffer.outputs.writes + buffer.outputs.arrivals + buffer.outputs.departures;
  const megabytes = (words: number): number => (words * 2) / 1e6;
  const { pass } = nest;
  return {
    activeUnits: pass.dataflow === 'row-stationary' ? pass.kernelRows * pass.strip * pass.channelSets * pass.filterSets : 0,
    bufferMb: megabytes(buffer.inputs.reads + sums),
    weightsMb: megabytes(buffer.weights.reads),
    dramMb: megabytes(dramAccesses(traffic)),
    latencyMs: traffic.cycles / 200e3,
    traffic,
  };
}

export const parts = ['compute', 'registers', 'array', 'buffer', 'off-chip'] as const;
export type Part = (typeof parts)[number];

/** Our own mapping of a shape on the target `eyeriss-168`. */
export function ownMapping(shape: LayerShape): Mapping {
  const { array, bufferBytes } = eyeriss();
  return chooseMapping(
    shape,
    { ...array, bufferBytes },
    { weights: 16, activations: 16, sums: 16 },
    { weights: false, activations: false },
  );
}

/** Share of each part in the energy of a mapping on the target `eyeriss-168`, and the energy per multiply-add in joules. */
export function shares(mapping: Mapping): { readonly shares: Readonly<Record<Part, number>>; readonly energyPerMacJ: number } {
  const { array, context } = eyeriss();
  const layer = { weightBits: 16, activationBits: 16 } as Layer;
  const { total, components } = arrayInference(layer, mapping, array, context);
  const share = (part: Part): number => (components.find((c) => c.name === part)?.energy.value ?? 0) / total.value;
  return {
    shares: Object.fromEntries(parts.map((part) => [part, share(part)])) as Record<Part, number>,
    energyPerMacJ: total.value / mapping.traffic.macs,
  };
}

/**
 * Bands of the shares from published figures alone, by interval arithmetic over the energy per multiply-add in multiply-adds:
 * registers 2 (a weight and an input) to 4 (and a sum read and written); buffer: table V's accesses times 6, half to all of them, because the
 * published reuse rules leave out first writes and last reads; off-chip: table V's accesses times 200, once to twice, because it counts
 * after a compression of 1.2 to 1.9 times that we do not model; array: nothing published, 0 to 1.
 */
export function shareBands(layer: Published): Readonly<Record<Part, readonly [number, number]>> {
  const { shape } = layer;
  const macs = shape.images * shape.groups * shape.outputs * shape.rows.outputs ** 2 * shape.channels * shape.rows.kernel ** 2;
  const accessesPerMac = (megabytes: number): number => (megabytes * 1e6) / 2 / macs;
  const perMac: Readonly<Record<Part, readonly [number, number]>> = {
    compute: [1, 1],
    registers: [2, 4],
    array: [0, 1],
    buffer: [3 * accessesPerMac(layer.bufferMb), 6 * accessesPerMac(layer.bufferMb)],
    'off-chip': [200 * accessesPerMac(layer.dramMb), 400 * accessesPerMac(layer.dramMb)],
  };
  const band = (part: Part): readonly [number, number] => {
    const others = parts.filter((other) => other !== part);
    const sum = (end: 0 | 1): number => others.reduce((total, other) => total + perMac[other][end], 0);
    const [low, high] = perMac[part];
    return [low / (low + sum(1)), high / (high + sum(0))];
  };
  return Object.fromEntries(parts.map((part) => [part, band(part)])) as Record<Part, readonly [number, number]>;
}

function eyeriss(): { array: ArrayOnTarget; context: EnergyContext; bufferBytes: number } {
  const context = energyContext('eyeriss-168').value;
  const array = context?.target.array;
  if (context === undefined || array === undefined) throw new Error('eyeriss-168 has no array');
  return { array, context, bufferBytes: context.target.memories[0]?.sizeBytes ?? 0 };
}

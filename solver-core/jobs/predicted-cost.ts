import { accumulateCycles, solveWork } from '../backends/engine/cycles.ts';
import { planLayout } from '../backends/engine/layout.ts';
import { defaultEngineParameters, engineInfo } from '../backends/engine/parameters.ts';
import type { EngineCost } from '../energy/retraining.ts';
import type { Layer } from '../model/layer.ts';

/** What the engine that ships would spend on solving one layer once, by its cycle formula; null when the layer is not dense or does not fit. */
export function predictedCost(layer: Layer, rows: number): EngineCost | null {
  if (layer.dense === null) return null;
  const info = engineInfo(defaultEngineParameters, 'functional', '', '');
  const layout = planLayout(info, layer.dense.inputs, layer.dense.outputs);
  if (typeof layout === 'string') return null;
  const work = solveWork(info, layout, rows);
  return {
    cycles: work.engineCycles,
    gramCycles: accumulateCycles(layout, info.lanes, rows),
    hostWords: work.hostWords,
    lanes: info.lanes,
    wordBits: info.wordBits,
    source: 'modelled',
  };
}

import { formatCount } from '../energy/format.ts';
import type { EnergyDocument } from '../protocol/documents.ts';
import type { Column } from './cells.ts';
import { inert, quantityCell, textTable } from './cells.ts';
import { acrossText, calibrationText, machineRows, mappingRows, shareCell, tilesText } from './setting-cells.ts';

const left = (title: string): Column => ({ title, align: 'left' });
const right = (title: string): Column => ({ title, align: 'right' });

/** Retraining by machine, the array and the calibration, for a terminal; each part with a line before it and only where it is known. */
export function settingText(energy: EnergyDocument): readonly string[] {
  return [...machineText(energy), ...mappingText(energy), ...calibrationLines(energy)];
}

function machineText(energy: EnergyDocument): readonly string[] {
  const rows = machineRows(energy);
  if (rows.length === 0) return [];
  const columns = [left('to retrain on'), left(''), right('SGD'), right('solve'), right('incremental')];
  const cells = rows.map(({ machine, role, retraining }) => [
    inert(machine, 60),
    role,
    quantityCell(retraining.sgd),
    quantityCell(retraining.solve),
    quantityCell(retraining.incremental),
  ]);
  const across = acrossText(energy);
  return ['', ...textTable(columns, cells), ...(across === undefined ? [] : [inert(across, 400)])];
}

function mappingText(energy: EnergyDocument): readonly string[] {
  const rows = mappingRows(energy);
  if (rows.length === 0) return [];
  const columns = [left('on the array'), left('dataflow'), right('in use'), right('cycles'), left('tiles')];
  const cells = rows.map(({ layer, mapping }) => [
    inert(layer.id, 40),
    mapping.dataflow,
    shareCell(mapping.utilisation),
    formatCount(mapping.cycles),
    // Last, so that it may be as long as it is.
    tilesText(mapping),
  ]);
  const [header = '', , ...lines] = textTable(columns, cells);
  return ['', header, '-'.repeat(header.length), ...lines];
}

function calibrationLines(energy: EnergyDocument): readonly string[] {
  const text = calibrationText(energy);
  return text === undefined ? [] : ['', inert(text, 4096)];
}

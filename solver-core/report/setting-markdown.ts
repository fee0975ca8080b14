import { formatCount } from '../energy/format.ts';
import type { EnergyDocument } from '../protocol/documents.ts';
import { inert, quantityCell } from './cells.ts';
import { acrossText, calibrationText, machineRows, mappingRows, shareCell, tilesText } from './setting-cells.ts';
import { md } from './markdown-text.ts';

/** The same parts as `settingText`, as sections of Markdown. */
export function settingMarkdown(energy: EnergyDocument): readonly string[] {
  return [...machineSection(energy), ...mappingSection(energy), ...calibrationSection(energy)];
}

function machineSection(energy: EnergyDocument): readonly string[] {
  const rows = machineRows(energy);
  if (rows.length === 0) return [];
  const across = acrossText(energy);
  return [
    '## Where to train',
    '',
    '| machine | | SGD | solve | incremental |',
    '| --- | --- | ---: | ---: | ---: |',
    ...rows.map(({ machine, role, retraining }) =>
      row([md(inert(machine)), role, quantityCell(retraining.sgd), quantityCell(retraining.solve), quantityCell(retraining.incremental)]),
    ),
    '',
    ...(across === undefined ? [] : [md(inert(across, 400)), '']),
  ];
}

function mappingSection(energy: EnergyDocument): readonly string[] {
  const rows = mappingRows(energy);
  if (rows.length === 0) return [];
  return [
    '## On the array',
    '',
    '| layer | dataflow | tiles | in use | cycles |',
    '| --- | --- | --- | ---: | ---: |',
    ...rows.map(({ layer, mapping }) =>
      row([md(inert(layer.id, 80)), mapping.dataflow, md(tilesText(mapping)), shareCell(mapping.utilisation), formatCount(mapping.cycles)]),
    ),
    '',
  ];
}

function calibrationSection(energy: EnergyDocument): readonly string[] {
  const text = calibrationText(energy);
  return text === undefined ? [] : [`${md(inert(text, 4096))}.`, ''];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

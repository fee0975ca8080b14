import { writeFileSync } from 'node:fs';
import path from 'node:path';

/** The layers of the example as PyTorch source, each with what is to stand behind its line. */
export function networkSource(behind: { readonly fc1?: string; readonly fc2?: string; readonly fc3?: string } = {}): string {
  const layer = (name: 'fc1' | 'fc2' | 'fc3', inputs: number, outputs: number): string =>
    `        self.${name} = nn.Linear(${inputs}, ${outputs})${behind[name] === undefined ? '' : `  ${behind[name]}`}`;
  return [
    'import torch',
    'from torch import nn',
    '',
    '',
    'class Network(nn.Module):',
    '    def __init__(self):',
    '        super().__init__()',
    layer('fc1', 64, 192),
    layer('fc2', 192, 128),
    layer('fc3', 128, 10),
    '',
    '    def forward(self, x):',
    '        x = torch.relu(self.fc1(x))',
    '        x = torch.relu(self.fc2(x))',
    '        return self.fc3(x)',
    '',
  ].join('\n');
}

/** Writes a notebook whose imports, class and use stand in cells of their own. */
export function writeNotebook(folder: string, name: string): void {
  const cell = (source: string): unknown => ({
    cell_type: 'code',
    execution_count: null,
    metadata: {},
    outputs: [],
    source: source.split(/(?<=\n)/),
  });
  const [imports, rest] = networkSource({ fc3: '# tier: upper' }).split('\n\n\n');
  const notebook = {
    cells: [cell('%matplotlib inline\n!pip install torch'), cell(imports ?? ''), cell((rest ?? '').trimEnd()), cell('net = Network()')],
    metadata: { kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' }, language_info: { name: 'python' } },
    nbformat: 4,
    nbformat_minor: 5,
  };
  writeFileSync(path.join(folder, name), JSON.stringify(notebook, null, 1));
}

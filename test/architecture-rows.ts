import { layers } from './layers.ts';

/** What each part is for, in a few words; shown in ARCHITECTURE.md. */
const purpose: Readonly<Record<string, string>> = {
  'solver-core/protocol': 'documents and requests: types only',
  'solver-core/model': 'graph, shapes, layers, MACs, plan, diagnostics, errors',
  'solver-core/onnx': 'decode and encode ONNX files, limits, external-data rules',
  'solver-core/tiers': 'the tier language: grammar, validation, formatting',
  'solver-core/python': 'layers and `# tier:` comments of Python source, estimates from constructor arguments',
  'solver-core/energy': 'quantities, tables, targets, energy of inference and retraining, budgets',
  'solver-core/fit': 'lower tier: targets, order of layers, backend interface, evaluation',
  'solver-core/report': 'documents to text, markdown, CSV, HTML, SARIF',
  'solver-core/backends/engine': 'engine device interface, functional model, cycle formula, quantise-solve-refine',
  'solver-core/learn': 'upper tier: recursive ridge, class growth, unlearning, drift, update policy, gradient heads',
  'solver-core/compress': 'compensated quantisation and pruning, energy-aware weight selection, activation sparsity',
  'solver-core/compound': 'compound models: cache, calibrated exits, choice of heads, stream as a state machine',
  'solver-core/sensors': 'meters: RAPL, NVML, hwmon, XRT rails, board telemetry; the rule for repeating',
  'solver-core/backends/cpu': 'linear algebra of the host: Gram, Cholesky, eigenpairs; ridge backend',
  'solver-core/backends/sparse': 'runs models without multiplying by zeros',
  'solver-core/backends/sim': 'the RTL as WebAssembly',
  'solver-core/backends/serial': 'an FPGA board at a serial port: framing, link, ports',
  'solver-core/backends/xrt': 'an accelerator card through XRT, in a worker process of its own',
  'solver-core/backends/board-sim': 'the simulated board behind a pseudo-terminal',
  'solver-core/data': '.npz .npy .csv readers, texts and vocabularies',
  'solver-core/runtime': 'ONNX Runtime sessions, external tensor files',
  'solver-core/jobs': 'the use cases behind the commands; joins all parts',
  'solver-core/server': 'solver process, language server',
  'solver-core/cli': 'arguments, progress, exit codes',
  'webview/messages': 'what host and pages say to each other: types only',
  'webview/app': 'the pages',
  extension: 'VS Code wiring: providers, views, commands, the solver client',
};

/** One markdown table row per part, in the order of the table. */
export function architectureRows(): string[] {
  return Object.entries(layers).map(([name, part]) => {
    const may = part.may.map((m) => m.replace('solver-core/', '')).join(', ') || '-';
    return `| ${name} | ${may} | ${part.packages.join(', ') || '-'} | ${purpose[name] ?? ''} |`;
  });
}

import type { RunTensor } from '../../../../solver-core/fit/model-runner.ts';
import { createRandom } from '../../../../solver-core/fit/prng.ts';
import { compileUpperPart, type CompileRequest } from '../../../../solver-core/learn/gradient/compile.ts';
import { findUpperPart } from '../../../../solver-core/learn/gradient/upper-part.ts';
import { findLayers, inferShapes } from '../../../../solver-core/model/index.ts';
import { buildModel, readModel, readTensor, type OnnxModel } from '../../../../solver-core/onnx/index.ts';
import { ortRuntime } from '../../../../solver-core/runtime/ort.ts';
import { floats, int64s, modelBytes, value } from '../../onnx/build-model.ts';
import type { RuleCase } from './rule-cases.ts';

export const batch = 3;

/** A rule's network with seeded weights, rows and targets. */
export interface Prepared {
  readonly bytes: Uint8Array;
  readonly model: OnnxModel;
  readonly request: CompileRequest;
  readonly x: RunTensor;
  readonly target: RunTensor;
  /** All stored float tensors by name. */
  readonly stored: ReadonlyMap<string, RunTensor>;
}

export function prepare(rule: RuleCase): Prepared {
  const random = createRandom(7, rule.name);
  const entries = Object.entries(rule.stored).map(([name, dims]) => {
    const integers = rule.integers?.[name];
    if (integers !== undefined) return int64s(name, integers);
    return floats(name, dims, () => {
      const v = random.normal();
      // A band for clipping, variances and divisors have to be positive and apart from each other.
      return name === 'varlow' ? -0.3 : name.startsWith('var') ? Math.abs(v) + 0.5 : 0.6 * v;
    });
  });
  const bytes = modelBytes(
    {
      node: [...rule.nodes],
      initializer: entries,
      input: [value('x', ['batch', ...rule.row])],
      output: [value('y', ['batch', rule.outputs])],
    },
    rule.opset ?? 17,
  );
  const model = opened(bytes);
  const layers = findLayers(model.graph, inferShapes(model.graph));
  const part = findUpperPart(
    model.graph,
    layers,
    layers.map((layer) => layer.id),
  );
  if (part.value === undefined) throw new Error(part.diagnostics.map((d) => d.message).join());
  const stored = new Map<string, RunTensor>();
  for (const name of Object.keys(rule.stored)) {
    const tensor = readTensor(model, name).value;
    if (tensor !== undefined) stored.set(name, { dims: tensor.dims, data: Float32Array.from(tensor.data) });
  }
  const x = { dims: [batch, ...rule.row], data: Float32Array.from({ length: batch * product(rule.row) }, () => random.normal()) };
  const target = targets(rule, random);
  const frozen = new Map([...stored].filter(([name]) => !part.value!.parameters.includes(name)));
  const request: CompileRequest = {
    graph: model.graph,
    part: part.value,
    frozen,
    parameterShapes: part.value.parameters.map((name) => stored.get(name)!.dims),
    outputs: rule.outputs,
    batch,
    purpose: { kind: 'step', loss: rule.loss ?? 'cross-entropy' },
  };
  return { bytes, model, request, x, target, stored };
}

function targets(rule: RuleCase, random: { normal(): number; below(n: number): number }): RunTensor {
  const data = new Float32Array(batch * rule.outputs);
  for (let r = 0; r < batch; r++) {
    if (rule.loss === 'squared-error') for (let j = 0; j < rule.outputs; j++) data[r * rule.outputs + j] = random.normal();
    else data[r * rule.outputs + random.below(rule.outputs)] = 1;
  }
  return { dims: [batch, rule.outputs], data };
}

export function opened(bytes: Uint8Array): OnnxModel {
  const read = readModel(bytes);
  if (read.value === undefined) throw new Error(read.diagnostics.map((d) => d.message).join());
  return read.value;
}

export function product(dims: readonly number[]): number {
  return dims.reduce((a, b) => a * b, 1);
}

/** Loss and gradients of the compiled step on ONNX Runtime. */
export async function runStep(prepared: Prepared, parameters: ReadonlyMap<string, RunTensor> = prepared.stored) {
  const compiled = compileUpperPart(prepared.request);
  if (compiled.value === undefined) throw new Error(compiled.diagnostics.map((d) => d.message).join());
  const { graph } = compiled.value;
  const names = prepared.request.part.parameters;
  const inputs = new Map([
    ['x', prepared.x],
    ['target', prepared.target],
    ...names.map((name, i): [string, RunTensor] => [`p${i}`, parameters.get(name)!]),
  ]);
  const runner = await ortRuntime().open(buildModel(graph));
  try {
    const results = await runner.run(
      inputs,
      graph.outputs.map((o) => o.name),
    );
    return { loss: results.get('loss')!.data[0]!, gradients: names.map((_, i) => results.get(`g${i}`)!.data) };
  } finally {
    await runner.dispose();
  }
}

import type { RunTensor } from '../../fit/model-runner.ts';
import { quoteName } from '../../model/quote.ts';
import type { Base } from './base.ts';
import { Builder, type ZeroList } from './builder.ts';
import { runFailed } from './errors.ts';
import { elementsOf, kindOf, type Storage, type Value } from './values.ts';

/** A model made into steps for inputs of these shapes. */
export interface Program {
  readonly address: number;
  readonly steps: number;
  readonly inputs: ReadonlyMap<string, Value & { readonly elements: number }>;
  readonly outputs: ReadonlyMap<string, Value & { readonly elements: number }>;
}

/** Makes the program for inputs of the given shapes; everything it needs is taken from the machine now, nothing while it runs. */
export function makeProgram(base: Base, shapes: ReadonlyMap<string, readonly number[]>): Program {
  const { graph, machine, layers, opset } = base;
  const builder = new Builder(machine);
  const values = new Map<string, Value>(base.constants);
  const inputs = new Map<string, Value & { readonly elements: number }>();
  for (const input of graph.inputs) {
    const dims = shapes.get(input.name) ?? [];
    const kind = kindOf(input.dtype) ?? 'float';
    const address = machine.take(elementsOf(dims) * 4);
    const storage: Storage = { address, bytes: elementsOf(dims) * 4, kept: true };
    const value: Value = { address, dims, kind, constant: false, storage };
    inputs.set(input.name, { ...value, elements: elementsOf(dims) });
    values.set(input.name, value);
  }
  const reads = countReads(base);
  const lists = new Map<string, ZeroList>();
  const isRead = (name: string): boolean => name !== '' && (reads.get(name) ?? 0) > 0;
  for (const node of base.nodes) {
    const own = node.inputs.map((name) => (name === '' ? undefined : values.get(name)));
    const missing = node.inputs.find((name, i) => name !== '' && own[i] === undefined && !base.isStored(name));
    if (missing !== undefined) throw runFailed(`no node makes the value ${quoteName(missing)}`);
    const constant = own.every((value) => value === undefined || value.constant) && layers.weightsOf(node) === undefined;
    const before = lists.size;
    const made = builder.perform(node, constant, () => {
      const results = base.emitterOf(node)({ node, inputs: own, builder, opset, layers, lists });
      if (lists.size > before) builder.use([...lists.values()].at(-1)?.storage ?? null);
      return results;
    });
    node.outputs.forEach((name, i) => {
      const value = made[i];
      if (value === undefined || !isRead(name)) return;
      values.set(name, value);
      builder.use(value.storage);
    });
    for (const name of node.inputs) {
      const left = (reads.get(name) ?? 0) - 1;
      reads.set(name, left);
      if (left !== 0 || base.constants.has(name)) continue;
      builder.drop(values.get(name)?.storage ?? null);
      builder.drop(lists.get(name)?.storage ?? null);
      lists.delete(name);
    }
  }
  const outputs = new Map<string, Value & { readonly elements: number }>();
  for (const { name } of graph.outputs) {
    const value = values.get(name);
    if (value === undefined) throw runFailed(`no node makes the output ${quoteName(name)}`);
    outputs.set(name, { ...value, elements: elementsOf(value.dims) });
  }
  return { address: machine.program(builder.steps), steps: builder.steps.length, inputs, outputs };
}

/** How often each value is read; outputs of the model are read once more, at the very end. */
function countReads({ nodes, graph }: Base): Map<string, number> {
  const reads = new Map<string, number>();
  const names = [...nodes.flatMap((node) => node.inputs), ...graph.outputs.map(({ name }) => name)];
  for (const name of names) reads.set(name, (reads.get(name) ?? 0) + 1);
  return reads;
}

/** Copies the inputs in, runs, copies the asked outputs out. */
export function runProgram(
  { machine }: Base,
  program: Program,
  inputs: ReadonlyMap<string, RunTensor>,
  names: readonly string[],
): ReadonlyMap<string, RunTensor> {
  for (const [name, { address, elements, kind }] of program.inputs) {
    const target = machine.floats(address, elements);
    const data = inputs.get(name)?.data;
    if (data === undefined) continue;
    target.set(data);
    if (kind !== 'float') for (let i = 0; i < target.length; i++) target[i] = Math.round(target[i] ?? 0);
  }
  const faults = machine.run(program.address, program.steps);
  if (faults > 0) throw runFailed(`${faults} of its inputs are outside of the tables that they pick from`);
  const results = new Map<string, RunTensor>();
  for (const name of names) {
    const value = program.outputs.get(name);
    if (value === undefined) throw runFailed(`the model gives no output ${quoteName(name)}`);
    results.set(name, { dims: value.dims, data: machine.floats(value.address, value.elements).slice() });
  }
  return results;
}

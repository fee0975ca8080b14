import type { SyntaxNode } from '@lezer/common';
import { memberOf, noArguments } from './attributes.ts';
import { builtin } from './builtins.ts';
import { constructorOf } from './constructors.ts';
import { fillContainer, moduleMethod } from './containers.ts';
import { comprehension, evaluate } from './expressions.ts';
import { callFunction } from './functions.ts';
import { knownItemsOf } from './iterate.ts';
import { inputTensor, joinedTensors, kerasModel, tensorThrough } from './keras-tensors.ts';
import type { Machine } from './machine.ts';
import { isContainer, knownName } from './known-paths.ts';
import { fillTransformer } from './transformers.ts';
import { valueMethod } from './value-methods.ts';
import { frameworkOf } from './classes.ts';
import { childrenOf, textOf } from './syntax.ts';
import type { Arguments, ClassInfo, PyValue, Scope } from './values.ts';
import { lookUp, unknown } from './values.ts';

/** What a call gives. */
export function callOf(machine: Machine, node: SyntaxNode, scope: Scope): PyValue {
  const [callee, list] = childrenOf(node);
  if (callee === undefined || list === undefined) return unknown;
  if (callee.name === 'VariableName' && textOf(machine.source, callee) === 'super' && lookUp(scope, 'super') === undefined)
    return lookUp(scope, '__class__') ?? unknown;
  const value = evaluate(machine, callee, scope);
  if (value.kind === 'method' && value.name === 'save_hyperparameters') keepHyperparameters(value.of, scope);
  return machine.at(`c${node.from}`, () => {
    const args =
      list.name === 'ArgList' ? argumentsOf(machine, list, scope) : { ...noArguments, positional: [evaluate(machine, list, scope)] };
    // The place of the call is its own entry in the chain of sites, so the instance must not add it again.
    return applied(machine, value, args, node);
  });
}

/** Lightning keeps the arguments of the constructor as `self.hparams`; of these the literals, as sizes are. */
function keepHyperparameters(of: PyValue, scope: Scope): void {
  if (of.kind !== 'instance' || of.instance.framework !== 'torch') return;
  const literals = [...scope.names].filter(([, { kind }]) => kind === 'number' || kind === 'string' || kind === 'bool' || kind === 'none');
  of.instance.attributes.set('hparams', { kind: 'dict', entries: new Map(literals), isComplete: false });
}

function applied(machine: Machine, value: PyValue, args: Arguments, node: SyntaxNode): PyValue {
  switch (value.kind) {
    case 'path':
      return ofPath(machine, value.path, args, node);
    case 'class':
      return instantiate(machine, value.definition, args, node);
    case 'function':
      return callFunction(machine, value, args);
    case 'method':
      return ofMethod(machine, value.of, value.name, args);
    case 'instance': {
      const tensors = tensorsOf(args);
      return tensors.length > 0 ? tensorThrough(value.instance, tensors) : unknown;
    }
    default:
      return passedThrough(args);
  }
}

function ofMethod(machine: Machine, of: PyValue, name: string, args: Arguments): PyValue {
  if (of.kind === 'instance') return moduleMethod(machine, of.instance, name, args) ?? unknown;
  return valueMethod(machine, of, name, args);
}

/** Arguments of a call in their order; spread lists and dictionaries count with what is known of them. */
function argumentsOf(machine: Machine, list: SyntaxNode, scope: Scope): Arguments {
  const positional: PyValue[] = [];
  const named = new Map<string, PyValue>();
  let complete = true;
  const children = childrenOf(list);
  for (let i = 0; i < children.length; i++) {
    const child = children[i];
    if (child === undefined || /^[(),]$/.test(child.name)) continue;
    const next = children[i + 1];
    if (child.name === '*' || child.name === '**') {
      const value = next === undefined ? unknown : evaluate(machine, next, scope);
      i++;
      if (child.name === '*') {
        const spread = knownItemsOf(value);
        positional.push(...spread.items);
        complete &&= spread.isComplete;
      } else if (value.kind === 'dict') {
        for (const [key, each] of value.entries) named.set(key, each);
        complete &&= value.isComplete;
      } else complete = false;
    } else if (next?.name === 'AssignOp' && child.name === 'VariableName') {
      const valueNode = children[i + 2];
      if (valueNode !== undefined) named.set(textOf(machine.source, child), evaluate(machine, valueNode, scope));
      i += 2;
    } else if (next?.name === 'for') {
      positional.push(comprehension(machine, children.slice(1, -1), scope));
      break;
    } else positional.push(evaluate(machine, child, scope));
  }
  return { positional, named, complete };
}

function ofPath(machine: Machine, path: string, args: Arguments, node: SyntaxNode): PyValue {
  const known = knownName(path);
  const [first] = args.positional;
  if (path === 'copy.deepcopy' && first?.kind === 'instance') return { kind: 'instance', instance: machine.copy(first.instance) };
  if (known === undefined) return builtin(machine, path, args) ?? passedThrough(args);
  const { framework, name } = known;
  if (framework === 'keras' && (name === 'Input' || name === 'InputLayer')) return inputTensor(args);
  if (!/^[A-Z]/.test(name)) return (framework === 'keras' ? joinedTensors(name, tensorsOf(args), args) : undefined) ?? passedThrough(args);
  const outer = machine.site?.outer ?? null;
  const make = (role: 'layer' | 'container' | 'other'): PyValue & { readonly kind: 'instance' } => {
    const own = machine.site;
    machine.site = outer;
    const instance = machine.create({ type: name, framework, role }, node, args);
    machine.site = own;
    return { kind: 'instance', instance };
  };
  if (constructorOf(framework, name) !== undefined) return make('layer');
  if (!isContainer(known)) return make('other');
  const made = make('container');
  if (name === 'Model') kerasModel(machine, made.instance, args);
  else if (name.startsWith('Transformer')) fillTransformer(machine, made.instance, args, node);
  else fillContainer(machine, made.instance, args);
  return made;
}

/** A new object of a class of the file: its constructor is read with these arguments. */
export function instantiate(machine: Machine, definition: ClassInfo, args: Arguments, node: SyntaxNode | null): PyValue {
  const framework = frameworkOf(definition) ?? null;
  const outer = node === null ? machine.site : (machine.site?.outer ?? null);
  const own = machine.site;
  machine.site = outer;
  const instance = machine.create({ type: definition.name, framework, role: 'user', definition }, node, args);
  machine.site = own;
  const value: PyValue = { kind: 'instance', instance };
  const outerCreator = machine.creator;
  machine.creator = instance;
  machine.inCall(
    definition.node.from,
    () =>
      machine.at(`k${definition.node.from}`, () => {
        if (definition.isDataclass) fillDataclass(machine, definition, value.instance, args);
        const constructor = memberOf(definition, '__init__');
        if (constructor?.kind === 'function') callFunction(machine, { ...constructor, self: value }, args);
        const build = framework === 'keras' ? memberOf(definition, 'build') : undefined;
        if (build?.kind === 'function') callFunction(machine, { ...build, self: value }, noArguments);
      }),
    undefined,
  );
  machine.creator = outerCreator;
  return value;
}

/** A dataclass without a constructor of its own takes its fields in order. */
function fillDataclass(
  machine: Machine,
  definition: ClassInfo,
  instance: { readonly attributes: Map<string, PyValue> },
  args: Arguments,
): void {
  const names = fieldsOf(machine, definition);
  names.forEach((name, at) => {
    const given = args.named.get(name) ?? args.positional[at];
    if (given !== undefined) instance.attributes.set(name, given);
    else if (!args.complete) instance.attributes.set(name, unknown);
  });
}

function fieldsOf(machine: Machine, definition: ClassInfo): readonly string[] {
  const body = definition.node.getChild('Body');
  if (body === null) return [];
  return body.getChildren('AssignStatement').flatMap((statement) => {
    const name = statement.getChild('VariableName');
    return name !== null && statement.getChild('TypeDef') !== null ? [textOf(machine.source, name)] : [];
  });
}

/** What a function of another file gives back is not known, but one that takes a layer most likely hands on this layer. */
function passedThrough(args: Arguments): PyValue {
  const [first] = args.positional;
  if (first?.kind === 'instance') return first;
  const tensors = tensorsOf(args);
  return tensors.length === 0 ? unknown : { kind: 'tensor', tensor: { shape: null, layer: null, inputs: tensors } };
}

function tensorsOf(args: Arguments) {
  return args.positional.flatMap((value) => {
    if (value.kind === 'tensor') return [value.tensor];
    return value.kind === 'list' ? value.items.flatMap((item) => (item.kind === 'tensor' ? [item.tensor] : [])) : [];
  });
}

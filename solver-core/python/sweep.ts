import type { SyntaxNode } from '@lezer/common';
import { constructorOf } from './constructors.ts';
import { evaluate } from './expressions.ts';
import { knownName } from './known-paths.ts';
import type { Machine } from './machine.ts';
import type { FoundLayer } from './name-layers.ts';
import { textOf } from './syntax.ts';
import type { Scope, Site } from './values.ts';

/** Layers in functions that nothing calls, and behind a broken line: found by their constructor alone, with the literals of the call itself. */
export function sweep(machine: Machine, global: Scope): readonly FoundLayer[] {
  const calls: SyntaxNode[] = [];
  const names = new Map([...global.names].filter(([, value]) => value.kind === 'path'));
  const scope: Scope = { names, parent: null };
  machine.source.tree.iterate({
    enter(ref) {
      if (ref.name !== 'CallExpression' || machine.reached.has(ref.from)) return;
      const callee = ref.node.firstChild;
      if (callee?.name !== 'VariableName' && callee?.name !== 'MemberExpression') return;
      if (callee.to - callee.from > 80 || !machine.step()) return;
      const value = /^[\w.]+$/.test(textOf(machine.source, callee)) ? evaluate(machine, callee, scope) : undefined;
      const known = value?.kind === 'path' ? knownName(value.path) : undefined;
      if (known !== undefined && constructorOf(known.framework, known.name) !== undefined) calls.push(ref.node);
    },
  });
  return calls.flatMap((node) => {
    if (!machine.step()) return [];
    const place = surroundings(machine, node);
    if (place.isLeftOut) return [];
    machine.site = place.site;
    const value = evaluate(machine, node, scope);
    machine.site = null;
    if (value.kind !== 'instance' || value.instance.role !== 'layer') return [];
    const { instance } = value;
    const note = 'The code that builds it is not called in this file, so only its own literals are known.';
    return [{ name: place.name, aliases: [], model: place.model, instance, span: { offset: node.from, end: node.to }, note }];
  });
}

function surroundings(
  machine: Machine,
  node: SyntaxNode,
): { readonly site: Site | null; readonly name: string; readonly model: string; readonly isLeftOut: boolean } {
  const keys: string[] = [];
  let name = '';
  let model = '';
  let isLeftOut = machine.leftOut.has(node.from);
  for (let at = node.parent; at !== null; at = at.parent) {
    isLeftOut ||= machine.leftOut.has(at.from);
    if (at.name === 'CallExpression') keys.push(`c${at.from}`);
    else if (at.name.endsWith('Statement')) keys.push(`s${at.from}`);
    else if (at.name === 'ClassDefinition' || at.name === 'FunctionDefinition') {
      keys.push(`k${at.from}`);
      const own = at.getChild('VariableName');
      if (own !== null && (model === '' || at.name === 'ClassDefinition')) model = textOf(machine.source, own);
    }
    const target = at.name === 'AssignStatement' && name === '' ? at.firstChild : null;
    if (target !== null && target.to - target.from < 200) name = textOf(machine.source, target).replace(/^self\./, '');
  }
  const site = keys.reduceRight<Site | null>((outer, key) => ({ key, outer }), null);
  return { site, name: /^\w+$/.test(name) ? name : '', model, isLeftOut };
}

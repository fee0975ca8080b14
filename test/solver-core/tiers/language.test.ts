import fc from 'fast-check';
import { createLangiumParser } from 'langium';
import type { AstNode, CstNode, LangiumParser } from 'langium';
import { describe, expect, test } from 'vitest';
import { createTierServices } from '../../../solver-core/tiers/language.ts';
import { compoundPlan, validPlan } from './plan-text.ts';

const services = createTierServices();

interface Builder {
  addHiddenNodes: (tokens: readonly unknown[]) => void;
}

/** The part of the library's parser that is wrapped. */
function builderOf(parser: LangiumParser): Builder {
  return Reflect.get(parser, 'nodeBuilder') as Builder;
}

/** A syntax tree with every word, comment and place in it. */
function tree(node: CstNode): unknown {
  const children = 'content' in node && Array.isArray(node.content) ? (node.content as readonly CstNode[]).map(tree) : node.text;
  return [node.offset, node.end, node.hidden, children];
}

const treeOf = (parser: LangiumParser, text: string): unknown => {
  const root = parser.parse<AstNode>(text).value.$cstNode;
  return root && tree(root);
};

describe('the quicker parser', () => {
  const plain = createLangiumParser(services);

  test('knows the part of the library that it wraps', () => {
    expect(typeof builderOf(plain).addHiddenNodes).toBe('function');
    expect(Object.hasOwn(builderOf(services.parser.LangiumParser), 'addHiddenNodes')).toBe(true);
  });

  test('makes the same tree', () => {
    const list = `lower tier a {\n  layers ${Array.from({ length: 50 }, (_, i) => `"l${i}"${i % 7 === 0 ? ' // seven' : ''}`).join(',\n    ')}\n}\n`;
    const same = (text: string): void => {
      expect(treeOf(services.parser.LangiumParser, text)).toEqual(treeOf(plain, text));
    };
    for (const text of ['', '// alone', list, `/* head */ ${list} /* tail`, list.replaceAll(',', ' '), '} { layers']) same(text);
    fc.assert(fc.property(fc.oneof(validPlan, compoundPlan), same), { seed: 20261121, numRuns: 60 });
  });

  test('looks for the place of a comment only where there is one', () => {
    const builder = builderOf(plain);
    const add = builder.addHiddenNodes.bind(builder);
    let empty = 0;
    let full = 0;
    builder.addHiddenNodes = (tokens) => {
      if (tokens.length === 0) empty++;
      else full++;
      add(tokens);
    };
    plain.parse('lower tier a { layers "a", /* why */ "b", "c" }');
    // Should the library stop to ask for nothing, the wrapper can go.
    expect([empty > 5, full]).toEqual([true, 1]);
  });
});

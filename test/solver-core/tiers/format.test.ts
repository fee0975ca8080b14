import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatPlan } from '../../../solver-core/tiers/format.ts';
import { projectRoot } from '../../shared.ts';

test('lays a crammed plan out', () => {
  const text = 'model "a.onnx"data "d.npz"split 0.5 lower tier a{layers "x","y".."z" ,"w" solve ridge}  budget 2mJ per fit';
  expect(formatPlan(text)).toBe(`model "a.onnx"
data "d.npz" split 0.5
lower tier a {
  layers "x", "y" .. "z", "w"
  solve ridge
}
budget 2 mJ per fit
`);
});

test('keeps comments, their columns, line breaks inside a clause, and single blank lines', () => {
  const text = `// head

model "a.onnx"     // why
/* two
   lines */
data "d.npz"
      inputs x   // wrapped



lower tier a { // first
// inside
    layers "x",
  "y"
      ,"z"
  solve ridge // last

  }
// tail`;
  expect(formatPlan(text)).toBe(`// head

model "a.onnx"     // why
/* two
   lines */
data "d.npz"
  inputs x   // wrapped

lower tier a { // first
  // inside
  layers "x",
    "y", "z"
  solve ridge // last
}
// tail
`);
});

test('lays a compound section out, numbers of blocks close together', () => {
  const text =
    'text "t.txt"tokens "v.json" compound c{lower blocks 0 .. 3,blocks 5 upper rest cache 64MB escalate below auto within .01 // why\nlearn none}';
  expect(formatPlan(text)).toBe(`text "t.txt" tokens "v.json"
compound c {
  lower blocks 0..3, blocks 5
  upper rest
  cache 64 MB
  escalate below auto within .01 // why
  learn none
}
`);
  expect(formatPlan('lower tier a { layers blocks 1../* x */3 , "b"..  "c" }')).toBe(`lower tier a {
  layers blocks 1.. /* x */ 3, "b" .. "c"
}
`);
});

test('leaves a broken text alone', () => {
  expect(formatPlan('model "a.onnx\n')).toBeUndefined();
  expect(formatPlan('modle "a.onnx"')).toBeUndefined();
  expect(formatPlan('model "a.onnx" /* open')).toBeUndefined();
});

test('keeps CR LF, and an empty plan empty', () => {
  expect(formatPlan('model "a"\r\n\r\n\r\nbackend   cpu')).toBe('model "a"\r\n\r\nbackend cpu\r\n');
  expect(formatPlan('  \n')).toBe('');
});

test('the example plan is laid out already', () => {
  const text = readFileSync(join(projectRoot, 'examples/digits/digits.tiers'), 'utf8');
  expect(formatPlan(text)).toBe(text);
});

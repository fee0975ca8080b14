import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { floats, modelBytes, node, value } from '../onnx/build-model.ts';
import { projectRoot } from '../../shared.ts';

/** A model of dense layers, which every runtime knows, or one with a convolution, which the engine of our own does not. */
export function readExample(which: 'digits' | 'conv'): Uint8Array {
  if (which === 'digits') return readFileSync(join(projectRoot, 'examples/digits/digits.onnx'));
  return modelBytes({
    input: [value('x', ['n', 1, 4, 4])],
    output: [value('y')],
    initializer: [floats('k', [2, 1, 3, 3])],
    node: [node('Conv', ['x', 'k'], ['y'], {}, 'conv1')],
  });
}

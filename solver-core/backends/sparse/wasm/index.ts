// Entry of the kernels of the sparse engine (AssemblyScript, compiled by .ci/build-kernels.mjs). The caller owns the memory.
import {
  opBinary,
  opCopy,
  opLayerDense,
  opLayerNorm,
  opLayerSkipping,
  opList,
  opMulMulAdd,
  opPick,
  opProduct,
  opReduce,
  opSoftmax,
  opThreshold,
  opUnary,
  opWhere,
  stepBytes,
} from '../opcodes';
import { binary, mulMulAdd, unary, where } from './elementwise';
import { layerDense, layerSkipping, list, product, threshold } from './layer';
import { copy, pick } from './move';
import { layerNorm, reduce, softmax } from './rows';

/** Runs `count` steps, one after the other. Returns how many of them met an index outside of its table. */
export function run(program: usize, count: i32): i32 {
  let faults = 0;
  for (let i = 0; i < count; i++) {
    switch (load<i32>(program)) {
      case opUnary:
        unary(program);
        break;
      case opBinary:
        binary(program);
        break;
      case opWhere:
        where(program);
        break;
      case opMulMulAdd:
        mulMulAdd(program);
        break;
      case opThreshold:
        threshold(program);
        break;
      case opList:
        list(program);
        break;
      case opLayerSkipping:
        layerSkipping(program);
        break;
      case opLayerDense:
        layerDense(program);
        break;
      case opLayerNorm:
        layerNorm(program);
        break;
      case opSoftmax:
        softmax(program);
        break;
      case opReduce:
        reduce(program);
        break;
      case opCopy:
        copy(program);
        break;
      case opPick:
        faults += pick(program);
        break;
      case opProduct:
        product(program);
        break;
      default:
        break;
    }
    program += stepBytes;
  }
  return faults;
}

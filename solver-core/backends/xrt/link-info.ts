import type { EngineLinkInfo } from '../engine/link.ts';
import { impossibleEngine } from '../engine/parameters.ts';
import type { AskedCard } from './card-connection.ts';
import { xrtError } from './failures.ts';
import type { KernelStatus } from './kernel-call.ts';

/** What a kernel says of itself; `image`: sha256 of the xclbin. Throws `xrt-wrong-image` when the parameters are none of an engine. */
export function linkInfo(status: KernelStatus, { index, xclbin }: AskedCard, image: string): EngineLinkInfo {
  const odd = impossibleEngine(status);
  if (odd !== null) {
    const message = `The kernel in ${xclbin} says it has ${odd}, which no engine of this version has.`;
    throw xrtError('xrt-wrong-image', message, 'Build the xclbin from hdl/xrt of this version.');
  }
  const { lanes, wordBits, accumulatorBits, maxFeatures, operandDepth, gramDepth, operations, clockHz, goldenHash } = status;
  return {
    device: `accelerator card ${index} (${lanes} lanes, ${wordBits}-bit words)`,
    image,
    level: 'card',
    lanes,
    wordBits,
    accumulatorBits,
    limbs: status.limbs === 2 ? 2 : 1,
    operations,
    maxFeatures,
    operandDepth,
    gramDepth,
    clockHz,
    goldenHash,
  };
}

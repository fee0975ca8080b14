import type { EngineLinkInfo } from '../engine/link.ts';
import type { AskedCard } from './card-connection.ts';
import { xrtError } from './failures.ts';
import type { KernelStatus } from './kernel-call.ts';

/** What of the parameters no engine has; null when all is well. */
function oddParameter(status: KernelStatus): string | null {
  const { lanes, wordBits, accumulatorBits, limbs, maxFeatures, operandDepth, gramDepth, operations } = status;
  const deepest = 2 ** 24;
  if (![2, 4, 8, 16].includes(lanes)) return `${lanes} lanes`;
  if (wordBits < 8 || wordBits > 25) return `${wordBits} bits per word`;
  if (accumulatorBits < 2 * wordBits + 2 || accumulatorBits > 48) return `${accumulatorBits} accumulator bits`;
  if (limbs !== 1 && limbs !== 2) return `${limbs} limbs`;
  if (maxFeatures < 1) return `${maxFeatures} features`;
  if (operandDepth < 1 || operandDepth > deepest) return `${operandDepth} operand words per lane`;
  if (gramDepth < 1 || gramDepth > deepest) return `${gramDepth} Gram words per lane`;
  const gramCholBack = 7;
  if ((operations & gramCholBack) !== gramCholBack) return `operations 0x${operations.toString(16)}`;
  return null;
}

/** What a kernel says of itself; `image`: sha256 of the xclbin. Throws `xrt-wrong-image` when the parameters are none of an engine. */
export function linkInfo(status: KernelStatus, { index, xclbin }: AskedCard, image: string): EngineLinkInfo {
  const odd = oddParameter(status);
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

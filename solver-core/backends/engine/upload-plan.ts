import type { EngineInfo, UploadPlan } from './device.ts';
import { triangleWords } from './host-words.ts';
import type { EngineLayout } from './layout.ts';

/**
 * The cheaper upload of `rows` rows whose words need `dataBits` bits, over a link that takes `secondsPerByte`. Words are packed
 * without gaps, each chunk of rows rounded up to a byte; a Gram word takes the bits that any sum of that many products can need. A tie
 * goes to the rows: that is the engine's work.
 */
export function uploadPlan(
  info: Pick<EngineInfo, 'accumulatorBits'>,
  layout: EngineLayout,
  rows: number,
  dataBits: number,
  secondsPerByte: number,
): UploadPlan {
  const chunkBytes = (count: number): number => Math.ceil((count * layout.columns * dataBits) / 8);
  const last = rows % layout.chunkRows;
  const bytesRows = Math.floor(rows / layout.chunkRows) * chunkBytes(layout.chunkRows) + chunkBytes(last);
  // |sum| <= rows · 2^(2·(dataBits-1)), the ridge term within a bit of that, and the sign.
  const gramBits = Math.min(info.accumulatorBits, 2 * (dataBits - 1) + Math.ceil(Math.log2(Math.max(1, rows))) + 2);
  const bytesGram = Math.ceil((triangleWords(layout) * gramBits) / 8);
  const send = bytesGram < bytesRows ? 'gram' : 'rows';
  return { send, bytesRows, bytesGram, seconds: Math.min(bytesRows, bytesGram) * secondsPerByte };
}

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { xrtError } from './failures.ts';

/** Rejects with `xrt-xclbin-missing` or `xrt-bad-xclbin` unless the file starts like an xclbin. */
export async function expectXclbin(path: string): Promise<void> {
  const start = new Uint8Array(8);
  try {
    const file = await open(path, 'r');
    try {
      await file.read(start, 0, start.length, 0);
    } finally {
      await file.close();
    }
  } catch (error) {
    const advice = 'Set TIERWISE_XCLBIN, or the setting tierwise.xrt.xclbin, to the xclbin built for this card.';
    throw xrtError('xrt-xclbin-missing', `The xclbin ${path} cannot be read.`, advice, '', error);
  }
  if (new TextDecoder('latin1').decode(start.subarray(0, 7)) !== 'xclbin2') {
    throw xrtError('xrt-bad-xclbin', `${path} is not an xclbin: it does not start with "xclbin2".`, 'Choose the file that v++ linked.');
  }
}

/** sha256 of a file, hexadecimal. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

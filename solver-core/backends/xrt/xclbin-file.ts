import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { xrtError } from './failures.ts';

/** Where the container (xclbin.h, struct axlf) holds its own length, and the bytes of everything before the sections. */
const lengthAt = 304;
const headerBytes = 456;
const buildAdvice = 'Choose the file that v++ linked for this card.';

/**
 * Rejects unless the file starts like an xclbin and is as long as it says: `xrt-xclbin-missing` when it cannot be read, else
 * `xrt-bad-xclbin`. Reads the header only; XRT checks the rest.
 */
export async function expectXclbin(path: string): Promise<void> {
  const { start, sizeBytes } = await readStart(path);
  if (new TextDecoder('latin1').decode(start.subarray(0, 8)) !== 'xclbin2\0') {
    throw xrtError('xrt-bad-xclbin', `${path} is not an xclbin: it does not start with "xclbin2".`, buildAdvice);
  }
  const length = new DataView(start.buffer).getBigUint64(lengthAt, true);
  if (sizeBytes < headerBytes || length > BigInt(sizeBytes)) {
    throw xrtError(
      'xrt-bad-xclbin',
      `${path} is cut short: it has ${sizeBytes} bytes and says ${length}.`,
      `Copy it again. ${buildAdvice}`,
    );
  }
}

async function readStart(path: string): Promise<{ readonly start: Uint8Array; readonly sizeBytes: number }> {
  try {
    const { size } = await stat(path).then((found) => (found.isFile() ? found : Promise.reject(new Error('not a file'))));
    const start = new Uint8Array(headerBytes);
    const file = await open(path, 'r');
    try {
      await file.read(start, 0, start.length, 0);
    } finally {
      await file.close();
    }
    return { start, sizeBytes: size };
  } catch (error) {
    const advice = 'Set TIERWISE_XCLBIN, or the setting for the xclbin, to the file built for this card.';
    throw xrtError('xrt-xclbin-missing', `The xclbin ${path} cannot be read.`, advice, '', error);
  }
}

/** sha256 of a file, hexadecimal. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

import { readFile, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** An adapter that holds replies no longer than this costs hardly anything; milliseconds. */
const harmlessMs = 4;

/**
 * What to know about an adapter that holds short replies back (FTDI: 16 ms unless told otherwise), or null when it does not or does not
 * say. `root`: default "/sys/bus/usb-serial/devices".
 */
export async function latencyNote(path: string, root = '/sys/bus/usb-serial/devices'): Promise<string | null> {
  const name = basename(await realpath(path).catch(() => path));
  if (!/^ttyUSB\d+$/.test(name)) return null;
  const file = join(root, name, 'latency_timer');
  const text = await readFile(file, 'utf8').catch(() => '');
  const heldMs = Number(text.trim());
  if (!(heldMs > harmlessMs)) return null;
  return `the adapter holds short replies for ${heldMs} ms, which costs time on a fast line; this lowers it: echo 1 | sudo tee ${file}`;
}

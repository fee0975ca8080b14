import type { Host } from '../../model/abort.ts';
import type { EngineDevice } from '../engine/device.ts';
import { RemoteDevice } from '../engine/remote-device.ts';
import { checkRemoteDevice } from '../engine/remote-self-test.ts';
import type { XrtLinkOptions } from './xrt-link.ts';
import { XrtLink } from './xrt-link.ts';

/** What people have to know of this path, whatever the card. */
export const xrtStatusNote = 'the card path has been tried with a simulated card only, not on hardware';

/**
 * An engine on a card that has answered the bring-up problem like the functional model. Rejects with the codes of docs/xrt.md,
 * `board-self-test-failed`, or AbortError; the card is given back then.
 */
export async function openXrtDevice(options: XrtLinkOptions, host: Pick<Host, 'pause'>): Promise<EngineDevice> {
  const link = await XrtLink.open(options);
  const device = new RemoteDevice(link);
  try {
    await checkRemoteDevice(device, link.info, host, options.abort);
    return device;
  } catch (error) {
    await device.dispose();
    throw error;
  }
}

import { setImmediate } from 'node:timers/promises';
import type { Host } from '../model/abort.ts';

/** The clock and the pause of this process. */
export const nodeHost: Host = {
  nowMs: () => performance.now(),
  pause: () => setImmediate(),
};

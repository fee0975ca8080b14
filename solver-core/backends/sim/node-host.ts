import type { Host } from '../../model/abort.ts';

/** Host of a Node process: monotonic clock, and a turn of the event loop per pause. */
export const nodeHost: Host = {
  nowMs: () => performance.now(),
  pause: () => new Promise((resolve) => setImmediate(resolve)),
};

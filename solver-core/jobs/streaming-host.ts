import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Host } from '../model/abort.ts';
import { nodeHost } from './host.ts';

/** Memory of buffers that may gather before it is collected. */
const slackBytes = 4 * 2 ** 20;

/**
 * The clock and pause of this process for work on rows that stay in their file. Products of one chunk after another leave buffers
 * behind that V8 does not count towards its heap and frees late, tens of megabytes late; this host collects them at a pause, so that
 * the peak is what the work needs. A collection takes milliseconds: the heap itself is small.
 */
export function streamingHost(): Host {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let settledBytes = process.memoryUsage().arrayBuffers;
  return {
    nowMs: nodeHost.nowMs,
    pause() {
      if (process.memoryUsage().arrayBuffers > settledBytes + slackBytes) {
        collect();
        settledBytes = process.memoryUsage().arrayBuffers;
      }
      return nodeHost.pause();
    },
  };
}

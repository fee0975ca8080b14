// Entry of a worker thread: multiplies the chunks it is sent and adds them to the shared Gram when it is their turn.
import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerSetting } from './gram-messages.ts';
import { serveChunks } from './gram-tickets.ts';
import { ortKernels } from './ort-kernels.ts';
import { loadOrt } from './ort-load.ts';

const kernels = loadOrt().then((module) => {
  if (module === undefined) throw new Error('ONNX Runtime cannot be loaded in a worker thread');
  return ortKernels(module);
});
if (parentPort !== null) serveChunks(parentPort, workerData as WorkerSetting, kernels);

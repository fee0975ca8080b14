// Which OpenBLAS core type is the fastest peer on this machine; rows of other benchmarks are published against it.
//   node bench/engine-core-types.bench.mjs
import { measureCoreTypes, startPeer } from './peers/peers.mjs';

for (const { coreType, detected, fp32, fp64 } of await measureCoreTypes()) {
  console.log(
    `${(coreType ?? 'as detected').padEnd(12)} runs ${detected.padEnd(12)} fp32 ${fp32.toFixed(0).padStart(4)} GFLOP/s  fp64 ${fp64.toFixed(0).padStart(4)} GFLOP/s`,
  );
}
const peer = startPeer({ name: 'versions' });
await peer.setup('import numpy, scipy.linalg, sklearn');
console.log(JSON.stringify(await peer.info()));
await peer.close();

import type {
  EngineCommand,
  EngineLink,
  EngineLinkInfo,
  MemorySpace,
  MoverDescriptor,
  RunResult,
} from '../../solver-core/backends/engine/link.ts';
import { descriptorWords } from '../../solver-core/backends/engine/link.ts';
import type { KernelStatus } from '../../solver-core/backends/xrt/kernel-call.ts';
import {
  bytesToWords,
  clearCall,
  infoCall,
  loadCall,
  runCall,
  storeCall,
  wordBytes,
  wordsToBytes,
} from '../../solver-core/backends/xrt/kernel-call.ts';
import { linkInfo } from '../../solver-core/backends/xrt/link-info.ts';
import type { KernelBench } from './xrt-bench.ts';
import { defaultAddresses } from './xrt-bench.ts';

function done(status: KernelStatus): KernelStatus {
  if (status.state !== 'done') throw new Error(`the kernel answered ${status.state ?? status.stateNumber}`);
  return status;
}

/** The simulated kernel as an engine behind a mover, with the encoding of the XRT backend but without XRT. */
export class KernelLink implements EngineLink {
  readonly info: EngineLinkInfo;
  private readonly bench: KernelBench;

  private constructor(info: EngineLinkInfo, bench: KernelBench) {
    this.info = info;
    this.bench = bench;
  }

  static async open(bench: KernelBench): Promise<KernelLink> {
    const status = done(await bench.call(infoCall()));
    return new KernelLink(linkInfo(status, { index: 0, xclbin: 'simulated', kernel: 'tierwise_kernel' }, 'simulated'), bench);
  }

  async load(descriptor: MoverDescriptor, words: Int32Array | Float64Array): Promise<void> {
    this.bench.poke(defaultAddresses.input, wordsToBytes(descriptor.space, words));
    done(await this.bench.call(loadCall(descriptor, words.length)));
  }

  async read(descriptor: MoverDescriptor): Promise<Float64Array> {
    const words = descriptorWords(descriptor);
    done(await this.bench.call(storeCall(descriptor, words)));
    return bytesToWords(descriptor.space, await this.bench.peek(defaultAddresses.output, words * wordBytes(descriptor.space)));
  }

  async clear(space: MemorySpace, base: number, count: number, laneMask: number): Promise<void> {
    done(await this.bench.call(clearCall(space, base, count, laneMask)));
  }

  async run(command: EngineCommand): Promise<RunResult> {
    const { breakdown, saturated, cycles, activity } = done(await this.bench.call(runCall(command)));
    return { state: 'done', breakdown, saturated, cycles, activity };
  }

  async close(): Promise<void> {
    await this.bench.close();
  }
}

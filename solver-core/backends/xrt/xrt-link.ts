import type { AbortFlag } from '../../model/abort.ts';
import { checkAbort } from '../../model/abort.ts';
import { assert } from '../../model/error.ts';
import type { EngineCommand, EngineLink, EngineLinkInfo, MemorySpace, MoverDescriptor, RunResult } from '../engine/link.ts';
import { descriptorWords, splitDescriptor } from '../engine/link.ts';
import type { KernelAnswer, KernelCall, XrtTimeouts } from './card-connection.ts';
import { CardConnection, defaultXrtTimeouts } from './card-connection.ts';
import { expectCard } from './cards.ts';
import type { EmulationMode, FoundXrt } from './find-xrt.ts';
import { findXrt } from './find-xrt.ts';
import { kernelName } from './generated/kernel.ts';
import type { XrtHost } from './host.ts';
import { bytesToWords, clearCall, infoCall, loadCall, runCall, storeCall, wordBytes, wordsToBytes } from './kernel-call.ts';
import { linkInfo } from './link-info.ts';
import { WorkerProcess } from './worker-process.ts';
import { expectXclbin, sha256OfFile } from './xclbin-file.ts';

export interface XrtLinkOptions {
  /** Number of the card, from 0, in XRT's order. */
  readonly index: number;
  /** Path of the xclbin. */
  readonly xclbin: string;
  /** The bundle dist/xrt-worker.cjs. */
  readonly workerFile: string;
  readonly host: XrtHost;
  readonly timeouts?: Partial<XrtTimeouts>;
  /** An emulation of XRT instead of a card. */
  readonly emulation?: EmulationMode;
  /** Name of the kernel; default that of hdl/regs/kernel.json. */
  readonly kernel?: string;
  readonly abort?: AbortFlag;
}

/** Most bytes of one call; more becomes several. */
const maxCallBytes = 16 * 1024 * 1024;

/**
 * An engine on an accelerator card. Every call is one invocation of the kernel: words lie in the card's memory, the kernel moves them.
 * After a failure the link is of no use any more; open another.
 */
export class XrtLink implements EngineLink {
  readonly info: EngineLinkInfo;
  private readonly connection: CardConnection;
  private readonly xrt: FoundXrt;
  private isBusy = false;

  private constructor(info: EngineLinkInfo, connection: CardConnection, xrt: FoundXrt) {
    this.info = info;
    this.connection = connection;
    this.xrt = xrt;
  }

  /**
   * Checks the machine and the file, starts the worker, loads the xclbin and asks the kernel what it is. Rejects with one of the codes of
   * docs/xrt.md; nothing stays behind then.
   */
  static async open(options: XrtLinkOptions): Promise<XrtLink> {
    const { index, xclbin, host, emulation, abort } = options;
    checkAbort(abort);
    const asked = { index, xclbin, kernel: options.kernel ?? kernelName };
    const xrt = await findXrt(host, emulation);
    let worker: WorkerProcess | undefined;
    try {
      await expectXclbin(xclbin);
      if (emulation === undefined) await expectCard(host);
      const image = await sha256OfFile(xclbin);
      worker = await WorkerProcess.start({ file: options.workerFile, env: xrt.env });
      const connection = new CardConnection(worker, asked, { ...defaultXrtTimeouts, ...options.timeouts });
      await connection.openCard(xrt.library, abort);
      const status = await connection.call({ scalars: infoCall(), input: noBytes, outputBytes: 0 }, abort);
      return new XrtLink(linkInfo(status, asked, image), connection, xrt);
    } catch (error) {
      await worker?.close(0);
      await xrt.dispose();
      throw error;
    }
  }

  /** Process id of the worker. */
  get workerPid(): number | undefined {
    return this.connection.worker.pid;
  }

  async load(descriptor: MoverDescriptor, words: Int32Array | Float64Array, abort?: AbortFlag): Promise<void> {
    assert(words.length === descriptorWords(descriptor), `${words.length} words for a descriptor of ${descriptorWords(descriptor)}`);
    let at = 0;
    for (const part of this.parts(descriptor)) {
      const count = descriptorWords(part);
      const input = wordsToBytes(part.space, words.subarray(at, at + count));
      await this.call({ scalars: loadCall(part, count), input, outputBytes: 0 }, abort);
      at += count;
    }
  }

  async read(descriptor: MoverDescriptor, abort?: AbortFlag): Promise<Float64Array> {
    const words = new Float64Array(descriptorWords(descriptor));
    let at = 0;
    for (const part of this.parts(descriptor)) {
      const count = descriptorWords(part);
      const outputBytes = count * wordBytes(part.space);
      const { output } = await this.call({ scalars: storeCall(part, count), input: noBytes, outputBytes }, abort);
      words.set(bytesToWords(part.space, output), at);
      at += count;
    }
    return words;
  }

  async clear(space: MemorySpace, base: number, count: number, laneMask: number, abort?: AbortFlag): Promise<void> {
    if (count === 0 || laneMask === 0) return;
    await this.call({ scalars: clearCall(space, base, count, laneMask), input: noBytes, outputBytes: 0 }, abort);
  }

  async run(command: EngineCommand, abort?: AbortFlag, predictedCycles = 0): Promise<RunResult> {
    const status = await this.call({ scalars: runCall(command), input: noBytes, outputBytes: 0, cycles: predictedCycles }, abort);
    const { breakdown, saturated, cycles, activity } = status;
    return { state: 'done', breakdown, saturated, cycles, activity };
  }

  async close(): Promise<void> {
    await this.connection.worker.close();
    await this.xrt.dispose();
  }

  private parts(descriptor: MoverDescriptor): readonly MoverDescriptor[] {
    return splitDescriptor(descriptor, this.info.lanes, maxCallBytes / wordBytes(descriptor.space));
  }

  private async call(call: KernelCall, abort: AbortFlag | undefined): Promise<KernelAnswer> {
    assert(!this.isBusy, 'two calls of an XRT link at once');
    this.isBusy = true;
    try {
      return await this.connection.call(call, abort);
    } finally {
      this.isBusy = false;
    }
  }
}

const noBytes = new Uint8Array(0);

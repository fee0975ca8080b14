// Runs in the worker only: one opened card, its kernel and its buffers.
import type { BufferArgument, FailedStep, WorkerRequest } from './messages.ts';
import type { Handle, XrtCalls } from './native.ts';

/** A step XRT refused. What it says of the reason is on stderr only. */
export class StepError extends Error {
  readonly step: FailedStep;
  constructor(step: FailedStep, message: string) {
    super(message);
    this.step = step;
  }
}

type OpenRequest = Extract<WorkerRequest, { kind: 'open' }>;
type RunRequest = Extract<WorkerRequest, { kind: 'run' }>;

interface CardBuffer {
  readonly handle: Handle;
  readonly sizeBytes: number;
}

const smallestBufferBytes = 4096;

/** One card, from open to close. One call at a time. */
export class CardSession {
  readonly uuid: string;
  private readonly xrt: XrtCalls;
  private readonly device: Handle;
  private readonly kernel: Handle;
  private readonly run: Handle;
  private readonly buffers = new Map<number, CardBuffer>();

  private constructor(xrt: XrtCalls, device: Handle, kernel: Handle, run: Handle, uuid: string) {
    this.xrt = xrt;
    this.device = device;
    this.kernel = kernel;
    this.run = run;
    this.uuid = uuid;
  }

  /** Rejects with StepError; the card is closed again then. */
  static async open(xrt: XrtCalls, request: OpenRequest): Promise<CardSession> {
    const device = await xrt.deviceOpen(request.index);
    if (device === null) throw new StepError('open', `xrtDeviceOpen(${request.index}) gave no device`);
    try {
      const loaded = await xrt.loadXclbinFile(device, request.xclbin);
      if (loaded !== 0) throw new StepError('xclbin', `xrtDeviceLoadXclbinFile gave ${loaded}`);
      const uuid = new Uint8Array(16);
      const named = await xrt.xclbinUuid(device, uuid);
      if (named !== 0) throw new StepError('xclbin', `xrtDeviceGetXclbinUUID gave ${named}`);
      const kernel = await xrt.kernelOpen(device, uuid, request.kernel);
      if (kernel === null) throw new StepError('kernel', `xrtPLKernelOpenExclusive(${request.kernel}) gave no kernel`);
      const run = await xrt.runOpen(kernel);
      if (run === null) throw new StepError('kernel', `xrtRunOpen(${request.kernel}) gave no run`);
      return new CardSession(xrt, device, kernel, run, Buffer.from(uuid).toString('hex'));
    } catch (error) {
      await xrt.deviceClose(device);
      throw error;
    }
  }

  /** One kernel call; answers the state of the run and, when it completed, status and output. Rejects with StepError. */
  async call(request: RunRequest, input: Uint8Array): Promise<{ readonly state: number; readonly payload: Uint8Array }> {
    const { xrt, run } = this;
    const into = await this.buffer(request.input);
    const out = await this.buffer(request.output);
    const status = await this.buffer(request.status);
    await this.send(into, input);
    // A kernel that does not write its status must not leave that of the call before.
    await this.send(status, new Uint8Array(request.status.sizeBytes));
    const refused =
      request.scalars.some(([argument, value]) => xrt.setScalar(run, argument, value) !== 0) ||
      xrt.setBuffer(run, request.input.argument, into.handle) !== 0 ||
      xrt.setBuffer(run, request.output.argument, out.handle) !== 0 ||
      xrt.setBuffer(run, request.status.argument, status.handle) !== 0;
    if (refused) throw new StepError('kernel', 'xrtRunSetArg refused an argument');
    const started = await xrt.runStart(run);
    if (started !== 0) throw new StepError('start', `xrtRunStart gave ${started}`);
    const state = await xrt.runWaitFor(run, request.timeoutMs);
    const completed = 4;
    if (state !== completed) return { state, payload: new Uint8Array(0) };
    const payload = new Uint8Array(request.status.sizeBytes + request.output.sizeBytes);
    await this.receive(status, payload.subarray(0, request.status.sizeBytes));
    await this.receive(out, payload.subarray(request.status.sizeBytes));
    return { state, payload };
  }

  async close(): Promise<void> {
    const { xrt } = this;
    await xrt.runClose(this.run);
    for (const { handle } of this.buffers.values()) await xrt.bufferFree(handle);
    this.buffers.clear();
    await xrt.kernelClose(this.kernel);
    // Without this the destructors of the library crashed at exit.
    await xrt.deviceClose(this.device);
  }

  /** A buffer of at least the size asked for, kept for the next call; grows by powers of two. */
  private async buffer({ argument, sizeBytes }: BufferArgument): Promise<CardBuffer> {
    const old = this.buffers.get(argument);
    if (old !== undefined && old.sizeBytes >= sizeBytes) return old;
    if (old !== undefined) await this.xrt.bufferFree(old.handle);
    this.buffers.delete(argument);
    const size = Math.max(smallestBufferBytes, 2 ** Math.ceil(Math.log2(Math.max(1, sizeBytes))));
    const group = await this.xrt.argumentGroup(this.kernel, argument);
    if (group < 0) throw new StepError('kernel', `xrtKernelArgGroupId(${argument}) gave ${group}`);
    const handle = await this.xrt.bufferAlloc(this.device, size, 0, group);
    if (handle === null) throw new StepError('buffer', `xrtBOAlloc of ${size} bytes gave no buffer`);
    const buffer = { handle, sizeBytes: size };
    this.buffers.set(argument, buffer);
    return buffer;
  }

  private async send(buffer: CardBuffer, bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    const written = await this.xrt.bufferWrite(buffer.handle, bytes, bytes.length, 0);
    const synced = written === 0 ? await this.xrt.bufferSync(buffer.handle, 0, bytes.length, 0) : written;
    if (synced !== 0) throw new StepError('transfer', `writing ${bytes.length} bytes to the card gave ${synced}`);
  }

  private async receive(buffer: CardBuffer, into: Uint8Array): Promise<void> {
    if (into.length === 0) return;
    const synced = await this.xrt.bufferSync(buffer.handle, 1, into.length, 0);
    const read = synced === 0 ? await this.xrt.bufferRead(buffer.handle, into, into.length, 0) : synced;
    if (read !== 0) throw new StepError('transfer', `reading ${into.length} bytes from the card gave ${read}`);
  }
}

// Runs in the worker only: the C interface of libxrt_coreutil through koffi.
import type { LibraryHandle } from 'koffi';

/** Address of something inside XRT; null when XRT refused. */
export type Handle = bigint | null;

/** The calls used, each a promise: they run on another thread, so that the end of the solver is noticed while XRT hangs. */
export interface XrtCalls {
  deviceOpen(index: number): Promise<Handle>;
  deviceClose(device: Handle): Promise<number>;
  loadXclbinFile(device: Handle, path: string): Promise<number>;
  xclbinUuid(device: Handle, uuid: Uint8Array): Promise<number>;
  kernelOpen(device: Handle, uuid: Uint8Array, name: string): Promise<Handle>;
  kernelClose(kernel: Handle): Promise<number>;
  argumentGroup(kernel: Handle, argument: number): Promise<number>;
  bufferAlloc(device: Handle, bytes: number, flags: number, group: number): Promise<Handle>;
  bufferFree(buffer: Handle): Promise<number>;
  bufferWrite(buffer: Handle, from: Uint8Array, bytes: number, at: number): Promise<number>;
  bufferRead(buffer: Handle, to: Uint8Array, bytes: number, at: number): Promise<number>;
  /** direction: 0 to the card, 1 from the card. */
  bufferSync(buffer: Handle, direction: 0 | 1, bytes: number, at: number): Promise<number>;
  runOpen(kernel: Handle): Promise<Handle>;
  runClose(run: Handle): Promise<number>;
  runStart(run: Handle): Promise<number>;
  runWaitFor(run: Handle, timeoutMs: number): Promise<number>;
  /** Sets a 32-bit argument. */
  setScalar(run: Handle, argument: number, value: number): number;
  /** Sets a pointer argument to a buffer. */
  setBuffer(run: Handle, argument: number, buffer: Handle): number;
}

interface NativeFunction {
  (...values: unknown[]): unknown;
  async(...values: unknown[]): void;
}

/** Loads the library and declares the calls. Rejects with koffi's error when the library cannot be loaded. */
export async function loadXrt(path: string): Promise<XrtCalls> {
  const { default: koffi } = await import('koffi');
  const library: LibraryHandle = koffi.load(path);
  const declare = (prototype: string): NativeFunction => library.func(prototype) as unknown as NativeFunction;
  const asynchronous = <T>(prototype: string): ((...values: unknown[]) => Promise<T>) => {
    const native = declare(prototype);
    return (...values) =>
      new Promise<T>((resolve, reject) => {
        native.async(...values, (error: unknown, result: T) => (error === null || error === undefined ? resolve(result) : reject(error)));
      });
  };
  const setArgument = declare('int xrtRunSetArg(void* run, int index, ...)');
  return {
    deviceOpen: asynchronous('void* xrtDeviceOpen(unsigned int index)'),
    deviceClose: asynchronous('int xrtDeviceClose(void* device)'),
    loadXclbinFile: asynchronous('int xrtDeviceLoadXclbinFile(void* device, const char* path)'),
    xclbinUuid: asynchronous('int xrtDeviceGetXclbinUUID(void* device, _Out_ uint8_t* uuid)'),
    kernelOpen: asynchronous('void* xrtPLKernelOpenExclusive(void* device, const uint8_t* uuid, const char* name)'),
    kernelClose: asynchronous('int xrtKernelClose(void* kernel)'),
    argumentGroup: asynchronous('int xrtKernelArgGroupId(void* kernel, int index)'),
    bufferAlloc: asynchronous('void* xrtBOAlloc(void* device, size_t size, uint64_t flags, uint32_t group)'),
    bufferFree: asynchronous('int xrtBOFree(void* buffer)'),
    bufferWrite: asynchronous('int xrtBOWrite(void* buffer, const uint8_t* from, size_t size, size_t at)'),
    bufferRead: asynchronous('int xrtBORead(void* buffer, _Out_ uint8_t* to, size_t size, size_t at)'),
    bufferSync: asynchronous('int xrtBOSync(void* buffer, int direction, size_t size, size_t at)'),
    runOpen: asynchronous('void* xrtRunOpen(void* kernel)'),
    runClose: asynchronous('int xrtRunClose(void* run)'),
    runStart: asynchronous('int xrtRunStart(void* run)'),
    runWaitFor: asynchronous('int xrtRunWaitFor(void* run, unsigned int timeoutMs)'),
    setScalar: (run, argument, value) => Number(setArgument(run, argument, 'uint32_t', value >>> 0)),
    setBuffer: (run, argument, buffer) => Number(setArgument(run, argument, 'void*', buffer)),
  };
}

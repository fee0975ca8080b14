import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { KernelStatus } from '../../solver-core/backends/xrt/kernel-call.ts';
import { parseStatus } from '../../solver-core/backends/xrt/kernel-call.ts';
import { kernelArguments, kernelRegisters, kernelStatusBytes } from '../../solver-core/backends/xrt/generated/kernel.ts';

/** Where calls of the bench put their buffers. */
export interface Addresses {
  readonly input: number;
  readonly output: number;
  readonly status: number;
}

/** Above 4 GiB, so that both halves of an address count. */
export const defaultAddresses: Addresses = { input: 0x1_0000_0000, output: 0x2_0000_0000, status: 0x3_0000_0000 };

/** No call of the tests takes longer. */
const longestCallClocks = 2_000_000;

const hex = (...values: readonly number[]): string => values.map((v) => v.toString(16)).join(' ');

/** The simulated kernel in a process of its own: registers and device memory (hdl/test/xrt_script.cc). */
export class KernelBench {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly waiting: { readonly resolve: (line: string) => void; readonly reject: (error: Error) => void }[] = [];
  private readonly ended: Promise<void>;
  private last = '';

  constructor(program: string) {
    this.child = spawn(program, [], { stdio: ['pipe', 'pipe', 'pipe'] });
    let complaint = '';
    this.child.stderr.on('data', (data: Buffer) => (complaint += data.toString()));
    const lines = createInterface({ input: this.child.stdout });
    lines.on('line', (line) => {
      if (line.startsWith('v ')) this.last = line;
      else this.waiting.shift()!.resolve(line.slice(2));
    });
    this.ended = new Promise((resolve) => {
      lines.on('close', () => {
        for (const { reject } of this.waiting) reject(new Error(`the simulated kernel ended: ${complaint}`));
        resolve();
      });
    });
  }

  private tell(line: string): void {
    this.child.stdin.write(`${line}\n`);
  }

  private ask(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.tell(line);
    });
  }

  /** Random waits on every channel from now on. */
  stall(seed: number, percent: number): void {
    this.tell(`s ${hex(seed, percent)}`);
  }

  reset(): void {
    this.tell('z');
  }

  write(offset: number, value: number, strobes = 0xf): void {
    this.tell(`W ${hex(offset, value >>> 0, strobes)}`);
  }

  async read(offset: number): Promise<number> {
    return Number.parseInt(await this.ask(`r ${hex(offset)}`), 16);
  }

  /** A write and a read at the same time. */
  async exchange(offset: number, value: number, readOffset: number): Promise<number> {
    return Number.parseInt(await this.ask(`x ${hex(offset, value >>> 0, readOffset)}`), 16);
  }

  async interrupt(): Promise<boolean> {
    return (await this.ask('i')) === '1';
  }

  poke(address: number, bytes: Uint8Array): void {
    if (bytes.length > 0) this.tell(`m ${hex(address)} ${Buffer.from(bytes).toString('hex')}`);
  }

  async peek(address: number, count: number): Promise<Uint8Array> {
    // A plain array: slices of a Buffer share their memory.
    return new Uint8Array(Buffer.from(await this.ask(`d ${hex(address, count)}`), 'hex'));
  }

  /** Accesses that touch [from, to) fail from now on; 'none' ends that. */
  fault(from: number, to: number, kind: 'none' | 'read' | 'write' | 'both'): void {
    this.tell(`f ${hex(from, to, ['none', 'read', 'write', 'both'].indexOf(kind))}`);
  }

  /** Lets time pass until idle. */
  async go(maxClocks: number): Promise<{ readonly busy: boolean; readonly clocks: number }> {
    const [busy, clocks] = (await this.ask(`g ${hex(maxClocks)}`)).split(' ');
    return { busy: busy === '1', clocks: Number.parseInt(clocks!, 16) };
  }

  /** Sets the arguments of a call as XRT would: scalars by number, pointers as two words. */
  prepare(scalars: readonly (readonly [number, number])[], addresses: Addresses = defaultAddresses): void {
    for (const [index, value] of scalars) this.write(kernelArguments[index]!.offset, value);
    const pointers = { in_ptr: addresses.input, out_ptr: addresses.output, status_ptr: addresses.status };
    for (const { name, kind, offset } of kernelArguments) {
      if (kind !== 'pointer') continue;
      const address = pointers[name];
      this.write(offset, address % 2 ** 32);
      this.write(offset + 4, Math.floor(address / 2 ** 32));
    }
  }

  /** A whole call; the status block it wrote. */
  async call(scalars: readonly (readonly [number, number])[], addresses: Addresses = defaultAddresses): Promise<KernelStatus> {
    this.prepare(scalars, addresses);
    this.poke(addresses.status, new Uint8Array(kernelStatusBytes));
    this.write(kernelRegisters.control, 1);
    const { busy } = await this.go(longestCallClocks);
    if (busy) throw new Error('the call did not end');
    const status = parseStatus(await this.peek(addresses.status, kernelStatusBytes));
    if (typeof status === 'string') throw new Error(status);
    return status;
  }

  /** Ends the process; what went wrong on a bus ("none"), accesses to memory and bytes of the longest. */
  async close(): Promise<{ readonly violation: string; readonly accesses: number; readonly longest: number }> {
    this.child.stdin.end();
    await this.ended;
    const [, violation, accesses, longest] = this.last.split(' ');
    return { violation: violation ?? 'died', accesses: Number(accesses), longest: Number(longest) };
  }
}

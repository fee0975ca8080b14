import { readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import type { Product } from './product.ts';

/** `tierwise board-sim` as a process. */
export interface BoardProcess {
  readonly path: string;
  /** Resolves when the board is plugged in. */
  readonly ready: Promise<void>;
  /** Everything it wrote to stderr so far. */
  said(): string;
  /** Resolves when it has written this text. */
  says(text: string): Promise<void>;
  /** Resolves when it has stopped computing. */
  quiet(): Promise<void>;
  /** Processor time so far, ticks of the system (Linux; 0 elsewhere). */
  cpuTicks(): number;
  /** Nobody reads what it writes any more; resolves with its exit code when it has ended. */
  deafen(): Promise<number | null>;
  stop(signal: NodeJS.Signals): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

/** Starts a simulated board at `path`, from inside a test: whatever becomes of the test, the board ends with it. */
export function boardProcess(product: Product, path: string, options: readonly string[] = []): BoardProcess {
  const child = product.start(['board-sim', '--pty', path, ...options], product.scratch());
  let stdout = '';
  let stderr = '';
  let waiting: { readonly text: string; readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    waiting = waiting.filter(({ text, resolve }) => !stderr.includes(text) || void resolve());
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  void ended.then(() => waiting.forEach(({ text, reject }) => reject(new Error(`the board ended before it said "${text}": ${stderr}`))));
  onTestFinished(() => void child.kill('SIGKILL'));
  const says = (text: string): Promise<void> =>
    stderr.includes(text) ? Promise.resolve() : new Promise((resolve, reject) => waiting.push({ text, resolve, reject }));
  const cpuTicks = (): number => {
    if (process.platform !== 'linux') return 0;
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  };
  return {
    path,
    ready: says('Ctrl-C unplugs it.'),
    said: () => stderr,
    says,
    cpuTicks,
    async quiet() {
      for (let last = -1; last !== cpuTicks();) {
        last = cpuTicks();
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    },
    deafen() {
      child.stdout?.destroy();
      child.stderr?.destroy();
      return ended;
    },
    async stop(signal) {
      child.kill(signal);
      const code = await ended;
      return { code, stdout, stderr };
    },
  };
}

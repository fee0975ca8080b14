import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open, readdir, readlink } from 'node:fs/promises';
import type { AbortFlag } from '../model/abort.ts';
import type { CommandResult, MeterClock, SensorHost } from './host.ts';
import { programPath } from './program-path.ts';

const maxNames = 4096;
const maxTextBytes = 1 << 16;
const maxOutputBytes = 1 << 20;
/** How often a sleep looks whether it was called off, milliseconds. */
const lookMs = 100;

/** The clock of this process. */
export const processMeterClock: MeterClock = {
  nowMs: () => performance.now(),
  async sleep(ms, abort?: AbortFlag) {
    const endMs = performance.now() + ms;
    for (;;) {
      const leftMs = endMs - performance.now();
      if (leftMs <= 0 || abort?.aborted === true) return;
      await new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, lookMs)));
    }
  },
  every(ms, tick) {
    const timer = setInterval(tick, ms);
    // A measurement that was given up must not keep the process alive.
    timer.unref();
    return () => clearInterval(timer);
  },
};

/** This machine. */
export function nodeSensorHost(): SensorHost {
  return {
    platform: process.platform,
    clock: processMeterClock,
    files: {
      list: async (path) => (await readdir(path)).slice(0, maxNames),
      read: readSmall,
      link: (path) => readlink(path),
    },
    run: runCommand,
  };
}

async function readSmall(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    // Files of the kernel state no size that could be trusted.
    const bytes = new Uint8Array(maxTextBytes);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return new TextDecoder().decode(bytes.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

function runCommand(program: string, values: readonly string[], timeoutMs: number): Promise<CommandResult> {
  const file = programPath(program, { platform: process.platform, path: process.env['PATH'] ?? '', exists: existsSync });
  if (file === null) return Promise.resolve({ kind: 'missing' });
  return new Promise((resolve) => {
    const isGroup = process.platform !== 'win32';
    const child = spawn(file, values, { detached: isGroup, stdio: ['ignore', 'pipe', 'ignore'], windowsHide: true });
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (result: CommandResult): void => {
      clearTimeout(timer);
      resolve(result);
    };
    const kill = (): void => {
      try {
        if (child.pid !== undefined && isGroup) process.kill(-child.pid, 'SIGKILL');
        else child.kill('SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    };
    const timer = setTimeout(() => {
      end({ kind: 'timeout', afterMs: timeoutMs });
      kill();
    }, timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxOutputBytes) return void chunks.push(chunk);
      end({ kind: 'failed', why: `it wrote more than ${maxOutputBytes} bytes` });
      kill();
    });
    child.on('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ENOENT' ? { kind: 'missing' } : { kind: 'failed', why: error.message }),
    );
    child.on('close', (status) => end({ kind: 'ended', status, stdout: Buffer.concat(chunks).toString('utf8') }));
  });
}

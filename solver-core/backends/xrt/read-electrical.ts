import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { ElectricalReport } from './electrical.ts';
import { parseElectrical } from './electrical.ts';
import type { XrtHost } from './host.ts';

/** The report, or why there is none, for people. */
export type ElectricalAnswer =
  { readonly kind: 'report'; readonly report: ElectricalReport } | { readonly kind: 'none'; readonly reason: string };

const tools = ['xrt-smi', 'xbutil'];
const defaultTimeoutMs = 10_000;
const maxReportBytes = 4 * 1024 * 1024;
const none = (reason: string): ElectricalAnswer => ({ kind: 'none', reason });

/** Path of xrt-smi, or of xbutil of older versions; null when neither is installed. */
function findTool(host: XrtHost): string | null {
  const named = host.env['XILINX_XRT'];
  const folders = [
    ...(named === undefined || named === '' ? [] : [join(named, 'bin')]),
    '/opt/xilinx/xrt/bin',
    ...(host.env['PATH'] ?? '').split(delimiter).slice(0, 64),
  ];
  for (const tool of tools) {
    for (const folder of folders) if (folder.startsWith('/') && existsSync(join(folder, tool))) return join(folder, tool);
  }
  return null;
}

/**
 * Supplies of the card at `bdf`, read by XRT's own tool in a process group of its own with a deadline. The tool ends with status 0 when it
 * fails, so the file it was told to write decides. Never rejects: a missing reading is an answer with a reason.
 */
export async function readElectrical(host: XrtHost, bdf: string, timeoutMs = defaultTimeoutMs): Promise<ElectricalAnswer> {
  if (!/^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/i.test(bdf)) return none('not a bus address');
  const tool = findTool(host);
  if (tool === null) return none(`neither ${tools.join(' nor ')} is installed`);
  const folder = await mkdtemp(join(tmpdir(), 'tierwise-electrical-'));
  try {
    const file = join(folder, 'report.json');
    const ended = await runTool(host, tool, ['examine', '-d', bdf, '-r', 'electrical', '-f', 'JSON', '-o', file], timeoutMs);
    if (ended !== null) return none(`${tool} ${ended}`);
    const text = await readBounded(file);
    if (text === null) return none(`${tool} wrote no report; the card may not answer`);
    const report = parseElectrical(text, bdf);
    return typeof report === 'string' ? none(report) : { kind: 'report', report };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Null when the tool ended by itself, whatever its status; else why it did not. */
function runTool(host: XrtHost, tool: string, values: readonly string[], timeoutMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(tool, values, { detached: true, stdio: 'ignore', env: { ...host.env } });
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      resolve(`did not end within ${timeoutMs / 1000} s`);
    }, timeoutMs);
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve(`could not be started: ${error.message}`);
    });
    child.on('exit', () => {
      clearTimeout(timer);
      resolve(null);
    });
  });
}

/** Text of a file, cut just above the longest report; null when there is none. */
async function readBounded(path: string): Promise<string | null> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const bytes = new Uint8Array(Math.min(size, maxReportBytes + 1));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
      return new TextDecoder().decode(bytes.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}

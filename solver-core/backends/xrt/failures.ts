import { TierwiseError } from '../../model/error.ts';
import type { FailedStep } from './messages.ts';

/** How the worker process ended. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

const reset = 'If it happens again, reset the card (`xrt-smi reset` or `xbutil reset`) and check it with `xrt-smi validate`.';

/** A failure of the XRT backend. `text`: what XRT wrote about it, already bounded; may be empty. */
export function xrtError(code: string, message: string, advice: string, text = '', cause?: unknown): TierwiseError {
  const full = text === '' ? message : `${message} XRT says: ${text}`;
  return new TierwiseError(code, full, advice, cause === undefined ? { category: 'backend' } : { category: 'backend', cause });
}

/** The error for a step that XRT refused. `xclbin` and `kernel` name what was asked for. */
export function refusedStep(
  step: FailedStep,
  message: string,
  text: string,
  asked: { readonly index: number; readonly xclbin: string; readonly kernel: string },
): TierwiseError {
  switch (step) {
    case 'library':
      return xrtError(
        'xrt-library-failed',
        `The XRT library could not be loaded: ${message}.`,
        'Install XRT for this system and this processor, and restart the editor.',
        text,
      );
    case 'open':
      return xrtError(
        'xrt-open-failed',
        `Card ${asked.index} could not be opened.`,
        'Run `tierwise boards` to see which cards answer; another program may hold the card, or its driver is not ready.',
        text,
      );
    case 'xclbin':
      return xrtError(
        'xrt-bad-xclbin',
        `Card ${asked.index} did not take ${asked.xclbin}.`,
        'Build the xclbin for the platform that is flashed on this card; `xrt-smi examine` names it.',
        text,
      );
    case 'kernel':
      return xrtError(
        'xrt-wrong-kernel',
        `${asked.xclbin} has no usable kernel ${asked.kernel} (${message}).`,
        'Use an xclbin built from hdl/xrt of this version; another program may hold the kernel.',
        text,
      );
    case 'buffer':
      return xrtError('xrt-no-memory', `Card ${asked.index} gave no buffer: ${message}.`, 'Close other programs that use the card.', text);
    case 'transfer':
      return xrtError('xrt-transfer-failed', `Data could not be moved to or from card ${asked.index}: ${message}.`, reset, text);
    case 'start':
      return xrtError('xrt-start-failed', `The kernel on card ${asked.index} could not be started: ${message}.`, reset, text);
    case 'request':
      return xrtError('xrt-worker-failed', `The XRT worker failed: ${message}.`, 'Try again; please report it if it happens again.', text);
  }
}

/** The error for a worker that ended while something was asked of it (`doing`, e.g. "opening card 0"). */
export function endedWorker(end: WorkerEnd, doing: string, text: string): TierwiseError {
  const how = end.signal ?? `exit code ${end.code}`;
  if (end.signal === 'SIGABRT' || end.code === 134) {
    return xrtError(
      'xrt-aborted',
      `XRT stopped its process while ${doing} (${how}).`,
      'Check that XRT is installed as a whole and in one version, and that XILINX_XRT names its folder; the editor and other work go on.',
      text,
    );
  }
  if (end.signal === 'SIGSEGV' || end.signal === 'SIGBUS' || end.signal === 'SIGILL' || end.code === 139) {
    return xrtError('xrt-crashed', `XRT crashed while ${doing} (${how}).`, `Try again; the editor and other work go on. ${reset}`, text);
  }
  return xrtError('xrt-worker-ended', `The XRT worker ended while ${doing} (${how}).`, 'Try again; the editor and other work go on.', text);
}

/** The error for a worker that did not answer in time and was killed. */
export function hungWorker(doing: string, timeoutMs: number, text: string): TierwiseError {
  return xrtError(
    'xrt-hung',
    `XRT did not answer within ${(timeoutMs / 1000).toPrecision(2)} s while ${doing}; its process was ended.`,
    `Try again; the editor and other work go on. ${reset}`,
    text,
  );
}

const runStates: Readonly<Record<number, string>> = { 5: 'error', 6: 'aborted', 8: 'timeout', 9: 'no response' };

/** The error for a kernel call that ended in another state than "completed". */
export function badRunState(state: number, index: number, timeoutMs: number, text: string): TierwiseError {
  const name = `${runStates[state] ?? 'unknown'} (state ${state})`;
  if (state === 8) {
    return xrtError(
      'xrt-run-timeout',
      `The kernel on card ${index} did not finish within ${(timeoutMs / 1000).toPrecision(2)} s: ${name}.`,
      `Raise TIERWISE_XRT_TIMEOUT_S if the problem is large for this card. ${reset}`,
      text,
    );
  }
  return xrtError('xrt-run-error', `The kernel on card ${index} ended with ${name}.`, reset, text);
}

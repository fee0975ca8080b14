import { boardsJob } from '../jobs/boards.ts';
import { boardsText } from '../report/boards-text.ts';
import { TierwiseError } from '../model/error.ts';
import { expectOptions } from './args.ts';
import { print, withProgress } from './run-job.ts';
import type { Command } from './run-job.ts';

/**
 * `tierwise boards [PORT]`: ports and cards of this machine. Opens none, unless `--probe` asks for all candidates or a port (path, pattern
 * or USB serial number; xrt:N for a card) is named. Exit code 3 when a named one does not answer.
 */
export const boards: Command = async (call, environment, abort) => {
  expectOptions(call, ['probe', 'quiet']);
  const [port, ...others] = call.files;
  if (others.length > 0 || (port !== undefined && call.options.probe)) {
    const message = '`tierwise boards` wants one port at most, or --probe for all candidates';
    throw new TierwiseError('usage', message, 'For example: tierwise boards /dev/ttyUSB1.', { category: 'usage' });
  }
  const probe = call.options.probe ? 'all' : port;
  const document = await withProgress(call, abort, (control) => boardsJob(environment, probe === undefined ? {} : { probe }, control));
  print(call, document, () => boardsText(document));
  const answers = [...document.serial, ...document.xrt].map((device) => device.answer.kind).filter((kind) => kind !== 'not-asked');
  return port !== undefined && !answers.includes('engine') ? 3 : 0;
};

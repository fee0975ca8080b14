import type { EngineInfo } from '../backends/engine/device.ts';
import { triangleWords, vectorWords } from '../backends/engine/host-words.ts';
import type { EngineLayout } from '../backends/engine/layout.ts';
import { outputGroupCount, planLayout } from '../backends/engine/layout.ts';
import { solveOnDevice } from '../backends/engine/solve-on-device.ts';
import { usualPasses } from '../backends/engine/solve-work.ts';
import { uploadPlan } from '../backends/engine/upload-plan.ts';
import { boardName } from '../backends/serial/board-data.ts';
import type { PortChoice } from '../backends/serial/find-port.ts';
import { matchPorts, parsePortSetting } from '../backends/serial/find-port.ts';
import { latencyNote } from '../backends/serial/latency-timer.ts';
import type { BoardInfo } from '../backends/serial/messages.ts';
import type { OpenedSerial, OpenSerialOptions } from '../backends/serial/open-serial.ts';
import { connectorOf, openSerial } from '../backends/serial/open-serial.ts';
import { candidateNames, isPseudoTerminal, listPorts } from '../backends/serial/ports.ts';
import { probePort } from '../backends/serial/probe.ts';
import type { SimWork } from '../backends/sim/sim-device.ts';
import type { Backend } from '../fit/backend.ts';
import type { AbortFlag } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import type { BoardAnswer, ProgressEvent, SerialPortDocument } from '../protocol/index.ts';
import { nodeHost } from './host.ts';

/** What the ports of a machine are reached through; other than by default only in tests. */
export type SerialSeams = Partial<Pick<OpenSerialOptions, 'listing' | 'factory' | 'clock' | 'replugMs'>>;

export interface SerialBackendOptions {
  readonly abort?: AbortFlag | undefined;
  readonly onProgress?: ((event: ProgressEvent) => void) | undefined;
  readonly seams?: SerialSeams;
}

/**
 * The backend of the board that `setting` names ("auto", path, pattern, USB serial number). Says before any solve how long the link takes
 * and what goes over it. Rejects with the errors of openSerial, and with `engine-too-small` for a solve that the board has no room for.
 */
export async function openSerialBackend(setting: string, work: readonly SimWork[], options: SerialBackendOptions = {}): Promise<Backend> {
  const { onProgress, seams = {} } = options;
  const say = (message: string, notice = true): void => onProgress?.({ stage: 'preparing', message, fraction: null, notice });
  say(`opening the board at ${setting === 'auto' ? 'the port that answers' : setting}`, false);
  const onTransfer = (taken: number, total: number): void => {
    if (total < longTransferBytes) return;
    onProgress?.({ stage: 'solving', message: `the board has ${kilobytes(taken)} of ${kilobytes(total)} kB`, fraction: null });
  };
  const opened = await openSerial(setting, { host: nodeHost, onEvent: say, onTransfer, ...seams }, options.abort);
  const { device, link, port } = opened;
  try {
    say(linkText(opened, work));
    const note = await latencyNote(port.path);
    if (note !== null) say(note);
  } catch (error) {
    await device.dispose();
    throw error;
  }
  return {
    info: { kind: 'serial', device: device.info.device, image: device.info.image, note: `over a serial line at ${link.lineRate} baud` },
    solve: (problem, context) => solveOnDevice(problem, device, context),
    dispose: () => device.dispose(),
  };
}

/** Transfers from here on take a noticeable time on most lines. */
const longTransferBytes = 16_384;
const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(0);

/** How long the link takes for these solves, and what is sent: rows, or their sums where those are fewer bytes. */
function linkText(opened: OpenedSerial, work: readonly SimWork[]): string {
  const { device, link } = opened;
  let seconds = 0;
  let withSums = 0;
  let solves = 0;
  for (const { features, outputs, rows } of work) {
    const groups = outputGroupCount(device.info, features, outputs);
    if (groups === null) throw tooSmall(opened, features);
    const layout = planLayout(device.info, features, Math.ceil(outputs / groups));
    if (typeof layout === 'string') throw tooSmall(opened, features);
    const plan = uploadPlan(device.info, layout, rows, device.info.wordBits, link.secondsPerByte());
    solves += groups;
    seconds += groups * (plan.seconds + answerBytes(device.info, layout) * link.secondsPerByte());
    if (plan.send === 'gram') withSums += groups;
  }
  const rate = `at ${link.lineRate} baud the link takes about ${seconds < 10 ? seconds.toPrecision(2) : Math.round(seconds)} s`;
  const sent =
    withSums === 0
      ? 'rows are sent'
      : withSums === solves
        ? 'the host adds up the rows and sends the sums, which are fewer bytes'
        : `sums instead of rows for ${withSums} of ${solves} solves, where they are fewer bytes`;
  return `${device.info.device}: ${rate}; ${sent}`;
}

/** Operand words come back in three bytes. */
const bytesOfWord = 3;

/** Bytes that go over the link after the upload: the factor and the weights, and a right-hand side and its solution for each pass. */
function answerBytes(info: EngineInfo, layout: EngineLayout): number {
  const vector = vectorWords(layout);
  const passes = usualPasses * vector * (bytesOfWord + info.wordBits / 8);
  return bytesOfWord * (triangleWords(layout) + vector) + passes;
}

function tooSmall(opened: OpenedSerial, features: number): TierwiseError {
  const { device } = opened;
  return new TierwiseError(
    'engine-too-small',
    `A layer with ${features} inputs has no room on ${device.info.device}, which takes at most ${device.info.maxFeatures}.`,
    'Solve this plan on the sim or cpu backend, or use a larger board.',
    { category: 'backend' },
  );
}

/** The serial ports of this machine. `probe`: "all" asks every candidate, a port (as in a setting) asks that one; else nothing is opened. */
export async function listSerial(
  probe: string | undefined,
  options: { readonly abort?: AbortFlag | undefined; readonly seams?: SerialSeams } = {},
): Promise<readonly SerialPortDocument[]> {
  const { abort, seams = {} } = options;
  const ports = await listPorts(seams.listing);
  const settings = await Promise.all(ports.map((port) => matchPorts({ name: port.path, baud: null }, ports)));
  const choices = new Map<string, PortChoice>(settings.flat().map((choice) => [choice.path, choice]));
  const asked = new Set<string>();
  if (probe === 'all') ports.filter((port) => candidateNames(port).length > 0).forEach((port) => asked.add(port.path));
  else if (probe !== undefined && !/^xrt:/.test(probe)) {
    for (const choice of await matchPorts(parsePortSetting(probe), ports)) {
      choices.set(choice.path, choice);
      asked.add(choice.path);
    }
  }
  return Promise.all(
    [...choices.values()].map(async (choice): Promise<SerialPortDocument> => {
      const { listing, path } = choice;
      const simulated = await isPseudoTerminal(path);
      return {
        path,
        vendorId: listing?.vendorId ?? null,
        productId: listing?.productId ?? null,
        serialNumber: listing?.serialNumber ?? null,
        manufacturer: listing?.manufacturer ?? null,
        candidates: listing === null ? [] : candidateNames(listing),
        simulated,
        answer: asked.has(path) ? await ask(choice, simulated, abort, seams) : { kind: 'not-asked' },
      };
    }),
  );
}

async function ask(choice: PortChoice, isTerminal: boolean, abort: AbortFlag | undefined, seams: SerialSeams): Promise<BoardAnswer> {
  try {
    const info = await probePort(connectorOf(choice, seams), choice.baud, abort, seams.clock);
    return { kind: 'engine', engine: boardEngine(info, isTerminal) };
  } catch (error) {
    if (!(error instanceof TierwiseError)) throw error;
    const { code, message, advice } = error;
    return { kind: 'error', code, message, advice };
  }
}

function boardEngine(info: BoardInfo, isTerminal: boolean): Extract<BoardAnswer, { kind: 'engine' }>['engine'] {
  return {
    device: `${boardName(info.board, isTerminal)} (${info.lanes} lanes, ${info.word_bits}-bit words)`,
    lanes: info.lanes,
    wordBits: info.word_bits,
    accumulatorBits: info.accumulator_bits,
    limbs: info.limbs === 2 ? 2 : 1,
    maxFeatures: info.max_features,
    clockHz: info.clock_hz,
    baud: info.baud,
    image: info.image_id.toString(16).padStart(8, '0'),
  };
}

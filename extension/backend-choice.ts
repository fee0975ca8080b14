import type { BoardAnswer, SerialPortDocument, XrtDeviceDocument } from '../solver-core/protocol/index.ts';
import type { Translate } from './format.ts';
import type { Settings } from './settings-schema.ts';

/** The parts of the settings that say where a fit solves. */
export type BackendSettings = Pick<Settings, 'fitBackend' | 'boardPort' | 'boardXrtDevice'>;

/** The backend as the solver takes it, e.g. "serial:auto" or "xrt:0"; undefined leaves it to the plan. */
export function backendParam(settings: BackendSettings): string | undefined {
  switch (settings.fitBackend) {
    case 'plan':
      return undefined;
    case 'serial':
      return `serial:${settings.boardPort}`;
    case 'xrt':
      return `xrt:${settings.boardXrtDevice}`;
    default:
      return settings.fitBackend;
  }
}

/** A few words for the status bar: "sim", "serial ttyUSB1", "simulated board", "card 0"; of the plan's own when that decides. */
export function backendLabel(settings: BackendSettings, planned: string | null | undefined, t: Translate): string {
  switch (settings.fitBackend) {
    case 'plan':
      return planned ?? t('backend of the plan');
    case 'serial':
      if (settings.boardPort === 'auto') return t('serial board');
      return isSimulated(settings.boardPort) ? t('simulated board') : t('serial {0}', shortened(lastSegment(settings.boardPort)));
    case 'xrt':
      return t('card {0}', settings.boardXrtDevice);
    default:
      return settings.fitBackend;
  }
}

/** One line about a port or card: what it answered, or what it might be. */
export function answerText(answer: BoardAnswer, candidates: readonly string[], t: Translate): string {
  switch (answer.kind) {
    case 'engine': {
      const { device, maxFeatures, clockHz } = answer.engine;
      return t('{0}, up to {1} inputs per layer, {2} MHz', device, maxFeatures, (clockHz / 1e6).toPrecision(3));
    }
    case 'error':
      return answer.message;
    case 'not-asked':
      return candidates.length === 0 ? t('Not asked yet') : t('May be: {0}. Not asked yet', candidates.join(', '));
  }
}

/**
 * What to remember of a port: the USB serial number, which stays when the port gets another name, where it means this port alone;
 * else its path. Adapters with two ports give both the same number, of which the one that is likely a board is meant.
 */
export function portSetting(port: SerialPortDocument, ports: readonly SerialPortDocument[]): string {
  return port.serialNumber !== null && meantBy(port.serialNumber, ports) === port ? port.serialNumber : port.path;
}

/** The one port that a USB serial number stands for. */
function meantBy(serialNumber: string, ports: readonly SerialPortDocument[]): SerialPortDocument | undefined {
  const same = ports.filter((port) => port.serialNumber === serialNumber);
  const likely = same.filter(({ candidates }) => candidates.length > 0);
  const [only, ...others] = likely.length > 0 ? likely : same;
  return others.length === 0 ? only : undefined;
}

/** Ports that are likely boards first, each group in the order of the system. */
export function splitPorts(ports: readonly SerialPortDocument[]): {
  readonly boards: readonly SerialPortDocument[];
  readonly others: readonly SerialPortDocument[];
} {
  const isBoard = (port: SerialPortDocument): boolean => port.answer.kind === 'engine' || port.simulated || port.candidates.length > 0;
  return { boards: ports.filter(isBoard), others: ports.filter((port) => !isBoard(port)) };
}

/** The ports with the chosen one among them, which the system need not list: a pseudo-terminal, or a name that is not there now. */
export function withChosenPort(settings: BackendSettings, ports: readonly SerialPortDocument[]): readonly SerialPortDocument[] {
  const { fitBackend, boardPort } = settings;
  const isPath = /[\\/]/.test(boardPort) && !boardPort.includes('*');
  if (fitBackend !== 'serial' || !isPath || ports.some((port) => isCurrentPort(settings, port, ports))) return ports;
  const nothing = { vendorId: null, productId: null, serialNumber: null, manufacturer: null };
  return [{ path: boardPort, ...nothing, candidates: [], simulated: isSimulated(boardPort), answer: { kind: 'not-asked' } }, ...ports];
}

const maxLabel = 24;

/** How ports of simulated boards that the editor starts are named. */
export const simulatedPrefix = 'tierwise-board-';

/** What a card says of its power: watts, or why there are none. Never a zero that was not measured. */
export function powerText(device: XrtDeviceDocument, t: Translate): string {
  if (device.powerW !== null) return t('{0} W measured', device.powerW.toPrecision(3));
  return device.powerNote ?? t('power not reported');
}

/** Whether a pick is the one in use. */
export function isCurrentPort(settings: BackendSettings, port: SerialPortDocument, ports: readonly SerialPortDocument[]): boolean {
  const { fitBackend, boardPort } = settings;
  return fitBackend === 'serial' && (boardPort === port.path || meantBy(boardPort, ports) === port);
}

/** Whether a port is that of a simulated board which the editor started. */
export const isSimulated = (port: string): boolean => lastSegment(port).startsWith(simulatedPrefix);

/** The status bar is shared by everything: names made by udev go up to 100 characters. */
const shortened = (name: string): string => (name.length > maxLabel ? `${name.slice(0, maxLabel - 1)}\u2026` : name);

function lastSegment(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1) || path;
}

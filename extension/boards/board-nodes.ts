import type { BoardAnswer, BoardEngine, SerialPortDocument, XrtDeviceDocument } from '../../solver-core/protocol/index.ts';
import { isCurrentPort, splitPorts, withChosenPort, type BackendSettings } from '../backend-choice.ts';
import type { Translate } from '../format.ts';
import { answerRows, obstacleIcon, obstacleWord, powerRows, railRows } from './board-details.ts';
import { deviceId, obstacleOf, type BoardsState, type Device, type Question } from './board-state.ts';

/** A row of the Boards view, without VS Code. */
export interface BoardNode {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** Name of a codicon. */
  readonly icon: string;
  /** The whole row for screen readers. */
  readonly spoken: string;
  readonly tooltip?: string;
  /** What can be done with it, for menus: words with spaces between, e.g. "use identify power path". */
  readonly can: string;
  readonly device?: Device;
  readonly children: readonly BoardNode[];
  /** Whether it is unfolded when it is first seen. */
  readonly isOpen: boolean;
}

/** What the rows depend on besides the state. */
export interface BoardsScene {
  readonly settings: BackendSettings;
  /** The backend that the active plan names, e.g. "sim" or "serial:/dev/ttyUSB1"; undefined without a plan. */
  readonly planned: string | null | undefined;
  /** Port of the simulated board that this window runs; null while none runs. */
  readonly simulatedPort: string | null;
  /** Whether simulated boards can run on this system. */
  readonly canSimulate: boolean;
  readonly t: Translate;
}

/** The rows: what the plan says, the simulated ones, serial ports, cards, this machine. */
export function boardNodes(state: BoardsState, scene: BoardsScene): readonly BoardNode[] {
  const { t } = scene;
  const failed = state.error === null ? [] : answerRows('list', { kind: 'error', ...state.error }, t);
  return [
    planNode(scene),
    group('simulated', t('Simulated'), [engineNode(scene), ...(scene.canSimulate ? [simulatedNode(state, scene)] : [])], ''),
    group('serial', t('Serial'), [...failed, ...serialNodes(state, scene)], listedWord(state, t)),
    group('cards', t('Cards (XRT)'), cardNodes(state, scene), ''),
    group('machine-group', t('This machine'), [machineNode(state, scene)], ''),
  ];
}

const listedWord = (state: BoardsState, t: Translate): string => (state.listed === null && state.error === null ? t('looking\u2026') : '');

function group(id: string, label: string, children: readonly BoardNode[], description: string): BoardNode {
  const spoken = description === '' ? label : `${label}, ${description}`;
  return { id: `group:${id}`, label, description, icon: '', spoken, can: 'group', children, isOpen: true };
}

interface DeviceRow {
  readonly device: Device;
  readonly label: string;
  readonly about: readonly string[];
  readonly icon: string;
  readonly tooltip: string;
  readonly isUsed: boolean;
  readonly can: readonly string[];
  readonly children?: readonly BoardNode[];
  readonly asking?: Question | undefined;
}

function deviceNode(row: DeviceRow, t: Translate): BoardNode {
  const { device, label, about, isUsed, asking, children = [] } = row;
  const state = asking === undefined ? [] : [questionWord(asking, t)];
  const words = [...(isUsed ? [t('used for fits')] : []), ...state, ...about].filter((word) => word !== '');
  const can = asking === undefined ? [...(isUsed ? [] : ['use']), ...row.can] : asking === 'start' ? [] : ['cancel'];
  return {
    id: deviceId(device),
    label,
    description: words.join(' \u00b7 '),
    icon: asking === undefined ? (isUsed ? 'check' : row.icon) : 'sync~spin',
    spoken: [label, ...words].join(', '),
    tooltip: [label, ...words, row.tooltip].join('\n'),
    can: can.join(' '),
    device,
    children,
    isOpen: children.length > 0,
  };
}

function questionWord(question: Question, t: Translate): string {
  switch (question) {
    case 'identify':
      return t('asking who answers\u2026');
    case 'power':
      return t('asking for its power\u2026');
    case 'start':
      return t('starting\u2026');
  }
}

function planNode({ settings, planned, t }: BoardsScene): BoardNode {
  const row: DeviceRow = {
    device: { kind: 'plan' },
    label: t('As the plan says'),
    about: planned === undefined || planned === null ? [] : [planned],
    icon: 'file-code',
    tooltip: t('Each fit solves where the line "backend" of its plan says.'),
    isUsed: settings.fitBackend === 'plan',
    can: [],
  };
  return deviceNode(row, t);
}

function engineNode({ settings, t }: BoardsScene): BoardNode {
  const row: DeviceRow = {
    device: { kind: 'engine' },
    label: t('Simulated engine'),
    about: [t('bundled')],
    icon: 'chip',
    tooltip: t('The circuit of the boards, compiled to WebAssembly. Simulated clock by clock; no serial line.'),
    isUsed: settings.fitBackend === 'sim',
    can: [],
  };
  return deviceNode(row, t);
}

function simulatedNode(state: BoardsState, { settings, simulatedPort, t }: BoardsScene): BoardNode {
  const device: Device = { kind: 'simulated', port: simulatedPort };
  const id = deviceId(device);
  const answer: BoardAnswer = (simulatedPort === null ? undefined : state.answers.get(id)) ?? { kind: 'not-asked' };
  const row: DeviceRow = {
    device,
    label: t('Simulated board'),
    about: simulatedPort === null ? [t('not running')] : [t('running in a terminal'), answerWord(answer, t)],
    icon: simulatedPort === null ? 'circle-outline' : 'circuit-board',
    tooltip: simulatedPort ?? t('The whole board with its serial line, for trying out without hardware. It runs in a terminal.'),
    isUsed: simulatedPort !== null && settings.fitBackend === 'serial' && settings.boardPort === simulatedPort,
    can: simulatedPort === null ? ['start'] : ['stop', 'identify', 'power', 'path'],
    children: simulatedPort === null ? [] : [...answerRows(id, answer, t), ...powerRows(id, state.power.get(id), t)],
    asking: state.asking.get(id),
  };
  const node = deviceNode(row, t);
  // Nothing answers there yet: it can be started, and is used from then on.
  return simulatedPort === null ? { ...node, can: node.can.replace(/\buse\b ?/, '') } : node;
}

function serialNodes(state: BoardsState, scene: BoardsScene): readonly BoardNode[] {
  const { settings, simulatedPort, t } = scene;
  const all = withChosenPort(settings, state.listed?.serial ?? []);
  const { boards, others } = splitPorts(all);
  const any: DeviceRow = {
    device: { kind: 'any-board' },
    label: t('The board that answers'),
    about: [t('asked before each fit')],
    icon: 'search',
    tooltip: t('Asks the likely ports before each fit.'),
    isUsed: settings.fitBackend === 'serial' && settings.boardPort === 'auto',
    can: [],
  };
  const ports = [...boards, ...others].filter(({ path }) => path !== simulatedPort);
  return [deviceNode(any, t), ...ports.map((port) => portNode(state, scene, port, all))];
}

function portNode(
  state: BoardsState,
  { settings, t }: BoardsScene,
  port: SerialPortDocument,
  all: readonly SerialPortDocument[],
): BoardNode {
  const device: Device = { kind: 'serial', path: port.path };
  const id = deviceId(device);
  const answer = state.answers.get(id) ?? port.answer;
  const usb = port.vendorId === null || port.productId === null ? [] : [`USB ${port.vendorId}:${port.productId}`];
  const isLikely = port.candidates.length > 0 || port.simulated;
  const guess = answer.kind === 'not-asked' && port.candidates.length > 0 ? [t('may be {0}', port.candidates.join(', '))] : [];
  const row: DeviceRow = {
    device,
    label: port.path,
    about: [answerWord(answer, t), ...guess, port.manufacturer ?? ''],
    icon: answer.kind === 'error' ? obstacleIcon(obstacleOf(answer.code)) : isLikely || answer.kind === 'engine' ? 'circuit-board' : 'plug',
    tooltip: [...usb, ...(port.serialNumber === null ? [] : [t('serial number {0}', port.serialNumber)])].join('\n'),
    isUsed: isCurrentPort(settings, port, all),
    can: ['identify', 'power', 'path'],
    children: [...answerRows(id, answer, t), ...powerRows(id, state.power.get(id), t)],
    asking: state.asking.get(id),
  };
  return deviceNode(row, t);
}

function cardNodes(state: BoardsState, scene: BoardsScene): readonly BoardNode[] {
  const { t } = scene;
  const listed = state.listed;
  if (listed === null) return [];
  const cards = listed.xrt.map((card) => cardNode(state, scene, card));
  const notes = listed.notes.map((note, index) => noteNode(`note:${index}`, note));
  if (cards.length + notes.length > 0) return [...cards, ...notes];
  return [noteNode('note:none', t('No card that XRT lists'))];
}

function cardNode(state: BoardsState, { settings, t }: BoardsScene, card: XrtDeviceDocument): BoardNode {
  const device: Device = { kind: 'card', index: card.index };
  const id = deviceId(device);
  const answer = state.answers.get(id) ?? card.answer;
  const isAsked = answer.kind !== 'not-asked';
  const row: DeviceRow = {
    device,
    label: card.name ?? t('Card {0}', card.index),
    about: [answerWord(answer, t), card.bdf ?? ''],
    icon: answer.kind === 'error' ? obstacleIcon(obstacleOf(answer.code)) : 'server',
    tooltip: t('Identify loads the xclbin of the settings and reads the power rails.'),
    isUsed: settings.fitBackend === 'xrt' && settings.boardXrtDevice === card.index,
    can: ['identify', 'power', ...(card.bdf === null ? [] : ['path'])],
    children: [...answerRows(id, answer, t), ...(isAsked ? railRows(id, card, t) : [])],
    asking: state.asking.get(id),
  };
  return deviceNode(row, t);
}

function machineNode(state: BoardsState, { settings, t }: BoardsScene): BoardNode {
  const row: DeviceRow = {
    device: { kind: 'machine' },
    label: t('Processor'),
    about: [t('double precision, no engine')],
    icon: 'vm',
    tooltip: t('Fits solve in double precision on this machine, whatever the plan says.'),
    isUsed: settings.fitBackend === 'cpu',
    can: ['power'],
    children: powerRows('machine', state.power.get('machine'), t),
    asking: state.asking.get('machine'),
  };
  return deviceNode(row, t);
}

function noteNode(id: string, text: string): BoardNode {
  return { id, label: text, description: '', icon: 'info', spoken: text, tooltip: text, can: '', children: [], isOpen: false };
}

/** The state of a port or card in a word or two. */
function answerWord(answer: BoardAnswer, t: Translate): string {
  switch (answer.kind) {
    case 'not-asked':
      return t('not asked');
    case 'engine':
      return deviceName(answer.engine);
    case 'error':
      return obstacleWord(obstacleOf(answer.code), t);
  }
}

const deviceName = ({ device }: BoardEngine): string => device;

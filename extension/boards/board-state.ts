import type { BoardAnswer, BoardsDocument, ErrorData, SensorDocument } from '../../solver-core/protocol/index.ts';

/** What a row of the Boards view stands for. `engine`: the simulated engine; `simulated`: the simulated board of the terminal. */
export type Device =
  | { readonly kind: 'plan' }
  | { readonly kind: 'engine' }
  | { readonly kind: 'machine' }
  | { readonly kind: 'any-board' }
  /** `port`: where it runs; null while it does not. */
  | { readonly kind: 'simulated'; readonly port: string | null }
  | { readonly kind: 'serial'; readonly path: string }
  | { readonly kind: 'card'; readonly index: number };

/** Names a device in maps and for the tree. */
export function deviceId(device: Device): string {
  switch (device.kind) {
    case 'serial':
      return `serial:${device.path}`;
    case 'card':
      return `xrt:${device.index}`;
    default:
      return device.kind;
  }
}

/** What is asked of a device: a port or card as `tierwise/boards` takes it; undefined where there is nobody to ask. */
export function probeOf(device: Device): string | undefined {
  switch (device.kind) {
    case 'simulated':
      return device.port ?? undefined;
    case 'serial':
      return device.path;
    case 'card':
      return deviceId(device);
    default:
      return undefined;
  }
}

/** What a meter said when it was asked. */
export type PowerAnswer =
  { readonly kind: 'sensors'; readonly sensors: readonly SensorDocument[] } | { readonly kind: 'error'; readonly error: ErrorData };

/** What is under way at a device. */
export type Question = 'identify' | 'power' | 'start';

/** All that the Boards view knows. */
export interface BoardsState {
  /** Null until the first listing. */
  readonly listed: BoardsDocument | null;
  /** Why the newest listing failed; null when it did not. */
  readonly error: ErrorData | null;
  readonly answers: ReadonlyMap<string, BoardAnswer>;
  readonly power: ReadonlyMap<string, PowerAnswer>;
  readonly asking: ReadonlyMap<string, Question>;
}

export const emptyBoards: BoardsState = { listed: null, error: null, answers: new Map(), power: new Map(), asking: new Map() };

/** A new listing; answers of ports and cards that are gone are forgotten, because another board may come by the same name. */
export function withListing(state: BoardsState, listed: BoardsDocument): BoardsState {
  const now = new Set(idsOf(listed));
  const gone = new Set(state.listed === null ? [] : idsOf(state.listed).filter((id) => !now.has(id)));
  const kept = <T>(map: ReadonlyMap<string, T>): ReadonlyMap<string, T> => new Map([...map].filter(([id]) => !gone.has(id)));
  // A listing asks nobody, so power and names that a card gave when it was asked stay.
  const xrt = listed.xrt.map((device) => {
    const known = state.listed?.xrt.find(({ index, bdf }) => index === device.index && bdf === device.bdf);
    const isKnown = known !== undefined && device.powerW === null && device.answer.kind === 'not-asked';
    return isKnown
      ? { ...device, powerW: known.powerW, rails: known.rails, powerNote: known.powerNote, name: device.name ?? known.name }
      : device;
  });
  return { ...state, listed: { ...listed, xrt }, error: null, answers: kept(state.answers), power: kept(state.power) };
}

const idsOf = ({ serial, xrt }: BoardsDocument): readonly string[] => [
  ...serial.map(({ path }) => `serial:${path}`),
  ...xrt.map(({ index }) => `xrt:${index}`),
];

/** The answer of one device out of what a question gave; undefined when it said nothing of it. */
export function answerIn(document: BoardsDocument, device: Device): BoardAnswer | undefined {
  if (device.kind === 'card') return document.xrt.find(({ index }) => index === device.index)?.answer;
  const path = probeOf(device);
  return document.serial.find((port) => port.path === path)?.answer;
}

/** How a refusal counts: somebody else has the port, the user may not open it, or something else is wrong. */
export function obstacleOf(code: string): 'not-permitted' | 'busy' | 'error' {
  if (code === 'serial-port-permission' || code === 'xrt-no-permission') return 'not-permitted';
  if (code === 'serial-port-busy' || code === 'fit-in-progress' || code === 'xrt-open-failed') return 'busy';
  return 'error';
}

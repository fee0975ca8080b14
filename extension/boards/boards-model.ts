import type { BoardAnswer, BoardsDocument, SensorsDocument } from '../../solver-core/protocol/index.ts';
import type { CancelToken } from '../server-client.ts';
import { isCancelled, toErrorData } from '../solver-error.ts';
import { answerIn, deviceId, emptyBoards, probeOf, withListing, type BoardsState, type Device, type Question } from './board-state.ts';

/** What the model needs of the world; tests give their own. */
export interface BoardsWorld {
  /** `probe` absent: lists and opens nothing. */
  boards(probe: string | undefined, token: CancelToken): Promise<BoardsDocument>;
  /** `backend` absent: the meters of the machine. */
  sensors(backend: string | undefined, token: CancelToken): Promise<SensorsDocument>;
  newCancel(): { readonly token: CancelToken; cancel(): void; dispose(): void };
  /** Runs `task` again and again until disposed. */
  every(ms: number, task: () => void): { dispose(): void };
  /** Whether a listing is worth its while now: a fit needs the solver more. */
  mayList(): boolean;
}

/** A port that is plugged in shows after this long, while somebody looks. */
export const listIntervalMs = 4000;

/**
 * What the Boards view shows and how it comes to know it. Listing opens no port and happens only while the view is visible; who is at
 * a port is asked only on request, one port at a time. Never rejects: what went wrong is part of the state.
 */
export class BoardsModel {
  readonly #world: BoardsWorld;
  readonly #changed: () => void;
  #state: BoardsState = emptyBoards;
  #timer: { dispose(): void } | undefined;
  #listing: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();
  readonly #cancels = new Map<string, { cancel(): void }>();

  constructor(world: BoardsWorld, changed: () => void) {
    this.#world = world;
    this.#changed = changed;
  }

  get state(): BoardsState {
    return this.#state;
  }

  /** Lists while the view is visible, and no longer. */
  setVisible(isVisible: boolean): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    if (!isVisible) return;
    void this.refresh();
    this.#timer = this.#world.every(listIntervalMs, () => {
      if (this.#world.mayList()) void this.refresh();
    });
  }

  /** Lists ports and cards; a listing under way answers this call, too. */
  refresh(): Promise<void> {
    this.#listing ??= this.#list().finally(() => {
      this.#listing = undefined;
    });
    return this.#listing;
  }

  /** Asks who answers at a device; one question after the other, because ports are opened for them. */
  identify(device: Device): Promise<void> {
    const probe = probeOf(device);
    if (probe === undefined) return Promise.resolve();
    return this.#ask(device, 'identify', async (token) => {
      const document = await this.#world.boards(probe, token);
      const answer = answerIn(document, device) ?? missing(probe);
      if (device.kind === 'card') {
        const card = document.xrt.find(({ index }) => index === device.index);
        const listed = this.#state.listed;
        if (card && listed) {
          const xrt = listed.xrt.map((one) => (one.index === card.index ? card : one));
          this.#set({ listed: { ...listed, xrt } });
        }
      }
      this.#answered(device, answer);
    });
  }

  /** Asks a board for its telemetry, or the meters of the machine. A card tells its power when it is identified. */
  power(device: Device): Promise<void> {
    if (device.kind === 'card') return this.identify(device);
    const path = probeOf(device);
    if (path === undefined && device.kind !== 'machine') return Promise.resolve();
    return this.#ask(device, 'power', async (token) => {
      const id = deviceId(device);
      try {
        const { sensors } = await this.#world.sensors(path === undefined ? undefined : `serial:${path}`, token);
        const own = sensors.filter(({ kind }) => (device.kind === 'machine' ? kind !== 'board' && kind !== 'xrt' : kind === 'board'));
        this.#set({ power: new Map(this.#state.power).set(id, { kind: 'sensors', sensors: own }) });
      } catch (error) {
        if (isCancelled(error)) throw error;
        this.#set({ power: new Map(this.#state.power).set(id, { kind: 'error', error: toErrorData(error) }) });
      }
    });
  }

  /** Shows a device as busy with something that is done elsewhere. */
  async during<T>(device: Device, question: Question, work: () => Promise<T>): Promise<T> {
    const id = deviceId(device);
    this.#set({ asking: new Map(this.#state.asking).set(id, question) });
    try {
      return await work();
    } finally {
      this.#unask(id);
    }
  }

  /** Stops what is being asked of a device, or waits to be. */
  cancel(device: Device): void {
    this.#cancels.get(deviceId(device))?.cancel();
  }

  /** Forgets what a device said, e.g. because it was stopped. */
  forget(device: Device): void {
    const id = deviceId(device);
    const without = <T>(map: ReadonlyMap<string, T>): ReadonlyMap<string, T> => new Map([...map].filter(([key]) => key !== id));
    this.#set({ answers: without(this.#state.answers), power: without(this.#state.power) });
  }

  dispose(): void {
    this.#timer?.dispose();
    for (const one of this.#cancels.values()) one.cancel();
  }

  async #list(): Promise<void> {
    const stop = this.#world.newCancel();
    try {
      const listed = await this.#world.boards(undefined, stop.token);
      const next = withListing(this.#state, listed);
      // A tree that is drawn anew twice in ten seconds loses hovers, so it is only when something changed.
      if (JSON.stringify(next.listed) === JSON.stringify(this.#state.listed) && this.#state.error === null) return;
      this.#set(next);
    } catch (error) {
      if (!isCancelled(error)) this.#set({ error: toErrorData(error) });
    } finally {
      stop.dispose();
    }
  }

  #ask(device: Device, question: Question, work: (token: CancelToken) => Promise<void>): Promise<void> {
    const id = deviceId(device);
    if (this.#state.asking.has(id)) return Promise.resolve();
    const stop = this.#world.newCancel();
    this.#cancels.set(id, stop);
    this.#set({ asking: new Map(this.#state.asking).set(id, question) });
    const run = this.#last.then(async () => {
      try {
        if (!stop.token.isCancellationRequested) await work(stop.token);
      } catch (error) {
        if (!isCancelled(error)) this.#answered(device, { kind: 'error', ...toErrorData(error) });
      } finally {
        this.#cancels.delete(id);
        stop.dispose();
        this.#unask(id);
      }
    });
    this.#last = run;
    return run;
  }

  #answered(device: Device, answer: BoardAnswer): void {
    this.#set({ answers: new Map(this.#state.answers).set(deviceId(device), answer) });
  }

  #unask(id: string): void {
    this.#set({ asking: new Map([...this.#state.asking].filter(([key]) => key !== id)) });
  }

  #set(change: Partial<BoardsState>): void {
    this.#state = { ...this.#state, ...change };
    this.#changed();
  }
}

const missing = (probe: string): BoardAnswer => ({
  kind: 'error',
  code: 'serial-port-missing',
  message: `${probe} is not there any more`,
  advice: 'Plug the board in again and refresh the list.',
});

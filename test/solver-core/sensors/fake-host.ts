import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandResult, MeterClock, SensorHost } from '../../../solver-core/sensors/host.ts';
import { projectRoot } from '../../shared.ts';

type Entry = { readonly text: string } | { readonly code: string } | { readonly link: string };

/** A clock that only its sleepers and `pass` move. */
export class ScriptedClock implements MeterClock {
  /** Told of every stretch of time that passes. */
  onPass: (fromMs: number, ms: number) => void = () => undefined;
  /** How long each sleep was, milliseconds. */
  readonly slept: number[] = [];
  private time = 0;
  private timers: { readonly ms: number; nextMs: number; readonly tick: () => void }[] = [];

  nowMs(): number {
    return this.time;
  }

  pass(ms: number): void {
    this.onPass(this.time, ms);
    this.time += ms;
    for (const timer of this.timers) {
      if (this.time < timer.nextMs) continue;
      timer.nextMs = this.time + timer.ms;
      timer.tick();
    }
  }

  every(ms: number, tick: () => void): () => void {
    const timer = { ms, nextMs: this.time + ms, tick };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((each) => each !== timer);
    };
  }

  get timerCount(): number {
    return this.timers.length;
  }

  sleep(ms: number): Promise<void> {
    this.slept.push(ms);
    this.pass(ms);
    return Promise.resolve();
  }
}

/** A machine from a fixture: its files change by `set` or follow the clock by `drive`; commands answer what `commands` says. */
export class FakeHost implements SensorHost {
  readonly platform: string;
  readonly clock = new ScriptedClock();
  readonly asked: string[] = [];
  commands: (program: string, values: readonly string[]) => CommandResult = () => ({ kind: 'missing' });
  private readonly entries = new Map<string, Entry>();
  private readonly driven = new Map<string, (nowMs: number) => string>();

  constructor(fixture: string, platform = 'linux') {
    this.platform = platform;
    for (const line of readFileSync(join(projectRoot, 'test', 'fixtures', 'sensors', `${fixture}.txt`), 'utf8').split('\n')) {
      const match = /^(\S+) (=|!|->) (.*)$/.exec(line);
      if (match === null) continue;
      const [, path = '', kind, value = ''] = match;
      this.entries.set(path, kind === '=' ? { text: `${value}\n` } : kind === '!' ? { code: value } : { link: value });
    }
  }

  set(path: string, text: string): void {
    this.entries.set(path, { text });
  }

  /** The file's text as a function of the time in milliseconds. */
  drive(path: string, text: (nowMs: number) => string): void {
    this.set(path, '');
    this.driven.set(path, text);
  }

  /** Energy counters that grow by `watts` and wrap at their range. */
  driveCounter(zone: string, watts: (nowMs: number) => number, startUj = 0): void {
    const folder = `/sys/class/powercap/${zone}`;
    const range = Number((this.entries.get(`${folder}/max_energy_range_uj`) as { readonly text: string }).text);
    let total = startUj;
    let last = 0;
    this.drive(`${folder}/energy_uj`, (nowMs) => {
      // The power between two looks is that of the first; steps are short.
      for (; last < nowMs; last++) total += watts(last) * 1000;
      return `${Math.floor(total % range)}\n`;
    });
  }

  readonly files: SensorHost['files'] = {
    list: (path) => {
      const prefix = `${path}/`;
      const names = [...this.entries.keys()]
        .filter((each) => each.startsWith(prefix))
        .map((each) => each.slice(prefix.length).split('/')[0] ?? '');
      return names.length === 0 ? Promise.reject(withCode('ENOENT')) : Promise.resolve([...new Set(names)]);
    },
    read: (path) => {
      const entry = this.entries.get(path);
      const follow = this.driven.get(path);
      if (follow !== undefined) return Promise.resolve(follow(this.clock.nowMs()));
      if (entry === undefined) return Promise.reject(withCode('ENOENT'));
      if ('code' in entry) return Promise.reject(withCode(entry.code));
      return 'text' in entry ? Promise.resolve(entry.text) : Promise.reject(withCode('EINVAL'));
    },
    link: (path) => {
      const entry = this.entries.get(path);
      return entry !== undefined && 'link' in entry ? Promise.resolve(entry.link) : Promise.reject(withCode('ENOENT'));
    },
  };

  run(program: string, values: readonly string[]): Promise<CommandResult> {
    this.asked.push([program, ...values].join(' '));
    return Promise.resolve(this.commands(program, values));
  }
}

function withCode(code: string): Error {
  return Object.assign(new Error(code), { code });
}

import * as v from 'valibot';

/** The settings of the extension, checked. Fields are named after the setting keys. */
export interface Settings {
  readonly hintsEnergy: boolean;
  readonly hintsRetraining: boolean;
  readonly codeLensEnabled: boolean;
  /** Whether layers in Python source are looked for. */
  readonly pythonEnabled: boolean;
  /** Where a fit solves; `plan` leaves it to the plan. */
  readonly fitBackend: 'plan' | 'cpu' | 'sim' | 'serial' | 'xrt';
  /** Port of the serial board: `auto`, a path, a pattern of paths, or the USB serial number of its adapter. */
  readonly boardPort: string;
  /** Number of the accelerator card, from 0. */
  readonly boardXrtDevice: number;
  /** Path of the kernel image for cards, or empty. */
  readonly boardXclbin: string;
  /** Id of an energy target, or empty for the plan's. */
  readonly energyTarget: string;
  /** Absolute path of a Node executable for the solver, or empty for VS Code's own. */
  readonly solverNodePath: string;
}

/** A setting whose value cannot be used; its default was taken instead. */
export interface SettingProblem {
  readonly key: string;
  readonly value: string;
}

/** No path of any system has one, and C code would cut the text there. */
const withoutNul = v.check((text: string) => !text.includes('\0'));

/** The patterns are those of the manifest, whose texts say what is wrong; settings files may hold anything all the same. */
const fields = {
  hintsEnergy: { key: 'hints.energy', schema: v.boolean(), fallback: true },
  hintsRetraining: { key: 'hints.retraining', schema: v.boolean(), fallback: true },
  codeLensEnabled: { key: 'codeLens.enabled', schema: v.boolean(), fallback: true },
  pythonEnabled: { key: 'python.enabled', schema: v.boolean(), fallback: true },
  fitBackend: { key: 'fit.backend', schema: v.picklist(['plan', 'cpu', 'sim', 'serial', 'xrt']), fallback: 'plan' },
  boardPort: {
    key: 'board.port',
    schema: v.pipe(v.string(), v.maxLength(4096), v.regex(/^\S(.{0,4094}\S)?$/), withoutNul),
    fallback: 'auto',
  },
  boardXrtDevice: { key: 'board.xrtDevice', schema: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(63)), fallback: 0 },
  boardXclbin: {
    key: 'board.xclbin',
    schema: v.pipe(v.string(), v.maxLength(4096), v.regex(/^$|\.[xX][cC][lL][bB][iI][nN]$/), withoutNul),
    fallback: '',
  },
  energyTarget: { key: 'energy.target', schema: v.pipe(v.string(), v.regex(/^[A-Za-z0-9._-]{0,64}$/)), fallback: '' },
  solverNodePath: {
    key: 'solver.nodePath',
    schema: v.pipe(v.string(), v.maxLength(4096), v.regex(/^$|^\/|^[A-Za-z]:[\\/]|^\\\\/), withoutNul),
    fallback: '',
  },
} as const;

/** Keys below `tierwise.`, in the order of the manifest. */
export const settingKeys: readonly string[] = Object.values(fields).map((field) => field.key);

/**
 * Reads every setting through `get`, which answers what the settings files hold: anything. A missing value takes the
 * default silently; an unusable one takes it and is reported.
 */
export function parseSettings(get: (key: string) => unknown): {
  readonly settings: Settings;
  readonly problems: readonly SettingProblem[];
} {
  const problems: SettingProblem[] = [];
  const read = <T>(field: { readonly key: string; readonly schema: v.GenericSchema<unknown, T>; readonly fallback: NoInfer<T> }): T => {
    const raw = get(field.key);
    if (raw === undefined || raw === null) return field.fallback;
    const result = v.safeParse(field.schema, raw);
    if (result.success) return result.output;
    problems.push({ key: `tierwise.${field.key}`, value: (JSON.stringify(raw) ?? String(raw)).slice(0, 100) });
    return field.fallback;
  };
  const settings: Settings = {
    hintsEnergy: read(fields.hintsEnergy),
    hintsRetraining: read(fields.hintsRetraining),
    codeLensEnabled: read(fields.codeLensEnabled),
    pythonEnabled: read(fields.pythonEnabled),
    fitBackend: read<Settings['fitBackend']>(fields.fitBackend),
    boardPort: read(fields.boardPort),
    boardXrtDevice: read(fields.boardXrtDevice),
    boardXclbin: read(fields.boardXclbin),
    energyTarget: read(fields.energyTarget),
    solverNodePath: read(fields.solverNodePath),
  };
  return { settings, problems };
}

/** A running workbench. All paths are absolute and vanish with `stop`. */
export interface Workbench {
  /** Opens the folder; 127.0.0.1 is also the remote authority, so keep it as it is. */
  readonly url: string;
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** Process id of the server; the extension host is among its descendants. */
  readonly pid: number;
  readonly dir: string;
  readonly userDir: string;
  readonly extensionsDir: string;
  readonly logsDir: string;
  /** Rewrites the user settings: the seeded ones with these on top. A running workbench picks them up. */
  writeSettings(more: Readonly<Record<string, unknown>>): void;
  /** Ends the server and everything it started, then removes its files. May be called more than once. */
  stop(): Promise<void>;
}

export interface WorkbenchOptions {
  readonly folder: string;
  readonly vsix?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly port?: number;
  readonly trusted?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly log?: (line: string) => void;
}

export declare function startWorkbench(options: WorkbenchOptions): Promise<Workbench>;

export declare function isNetworkNoise(text: string): boolean;

export interface HostBundle {
  readonly extensionDir: string;
  readonly suite: string;
  readonly remove: () => void;
}

export declare function bundleHostSuite(folder?: 'host' | 'host-bare'): Promise<HostBundle>;

export declare function bundleHostSuite(folder?: 'host' | 'host-bare'): Promise<{ readonly extensionDir: string; readonly suite: string }>;

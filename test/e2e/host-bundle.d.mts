export declare function bundleHostSuite(): Promise<{ readonly extensionDir: string; readonly suite: string }>;

export declare const vsixTargets: readonly string[];

export declare function hasRuntime(target: string): boolean;

export declare function sizeBudgetBytes(target: string): number;

export declare function nativeFiles(target: string): string[];

export declare function platformsOf(bytes: Buffer): string[];

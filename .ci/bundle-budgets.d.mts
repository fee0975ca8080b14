import type { Metafile } from 'esbuild';

export declare const bundleBudgets: Readonly<Record<string, number>>;

export declare function budgetProblems(metafiles: Readonly<Record<string, Metafile>>): string[];

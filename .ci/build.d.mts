import type { Metafile } from 'esbuild';

export declare function buildAll(options?: { readonly write?: boolean }): Promise<Record<string, Metafile>>;

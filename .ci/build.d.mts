import type { Metafile } from 'esbuild';

export declare function buildAll(options?: { readonly write?: boolean }): Promise<Record<string, Metafile>>;
export declare function buildExtension(options?: { readonly write?: boolean; readonly outdir?: string }): Promise<Metafile>;

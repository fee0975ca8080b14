import type { Metafile } from 'esbuild';

export declare function notices(metafiles: Readonly<Record<string, Metafile>>): string;

export interface EngineManifest {
  readonly sourceSha256: Readonly<Record<string, string>>;
  readonly toolVersions: Readonly<Record<string, string>>;
  readonly toolArguments: Readonly<Record<string, readonly string[] | number>>;
  readonly parameters: Readonly<Record<string, number>>;
  readonly wasmSha256: string;
}
export declare function buildEngine(options?: {
  readonly parameters?: Readonly<Partial<Record<string, number>>>;
  readonly folder?: string;
  readonly from?: string;
}): Promise<{ readonly manifest: EngineManifest; readonly fresh: boolean }>;
export declare function toNetlist(sources: Readonly<Record<string, string>>, parameters: Readonly<Record<string, number>>): Promise<string>;

/** The few members of WebAssembly used here; the type library of Node 20 does not declare them. */
export interface WebAssemblyApi {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(
    module: object,
    imports: Record<string, Record<string, (...values: number[]) => number>>,
  ): Promise<{ readonly exports: unknown }>;
}

/** The WebAssembly object of this process. */
export function webAssembly(): WebAssemblyApi {
  return (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;
}

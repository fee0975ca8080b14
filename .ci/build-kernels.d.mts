/** The bytes of the module. Throws with the compiler's text when the source does not compile. */
export function compileKernels(): Promise<Buffer>;
/** Writes kernels-wasm.ts into `outDir`. */
export function generateKernels(outDir: string): Promise<void>;

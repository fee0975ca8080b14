/** The bytes of the module. Throws with the compiler's text when the source does not compile. */
export function compileSparseKernels(): Promise<Buffer>;
/** Writes kernels-wasm.ts into `outDir`. */
export function generateSparseKernels(outDir: string): Promise<void>;

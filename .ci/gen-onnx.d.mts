/** Writes onnx_pb.ts into `outDir`. Throws when buf cannot run here. */
export function generateOnnx(outDir: string): Promise<void>;

/**
 * What a model file may ask for before it is refused with the code `limit-exceeded`.
 * The counts bound memory: a message costs some hundred bytes once decoded, however short it is in the file.
 */
export interface ModelLimits {
  /** Bytes of the model file. Protocol Buffers end at 2 GiB; larger models keep their weights in external files. */
  readonly fileBytes: number;
  /** Nodes in the graph, its subgraphs and the functions together. */
  readonly nodes: number;
  /** Tensors stored in the file: initializers and tensor attributes. */
  readonly tensors: number;
  /** Protocol Buffers messages of every kind. */
  readonly messages: number;
  /** Subgraphs inside subgraphs (bodies of If, Loop, Scan). */
  readonly graphNesting: number;
  /** Messages inside messages; the decoder itself stops at 100. */
  readonly messageNesting: number;
  /** Bytes of one name or one text. */
  readonly stringBytes: number;
  /** Numbers in repeated fields of variable length (`int64_data`, `ints`, `dims`): 32 bytes of memory each. */
  readonly integers: number;
  /** Numbers in repeated fields of fixed length (`float_data`, `double_data`): 8 bytes of memory each. */
  readonly floats: number;
  /** Dimensions of one tensor. */
  readonly rank: number;
}

/** Generous for real models (the largest public ones have some 100 000 nodes), small enough for 4 GB of memory. */
export const defaultLimits: ModelLimits = {
  fileBytes: 2 ** 31 - 1,
  nodes: 1_000_000,
  tensors: 1_000_000,
  messages: 8_000_000,
  graphNesting: 24,
  messageNesting: 96,
  stringBytes: 16 * 2 ** 20,
  integers: 2 ** 24,
  floats: 2 ** 26,
  rank: 64,
};

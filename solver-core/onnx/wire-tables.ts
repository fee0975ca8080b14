import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import { AttributeProtoSchema, GraphProtoSchema, ModelProtoSchema, NodeProtoSchema, TensorProtoSchema } from './gen/onnx_pb.ts';

/** How the value of a field lies in the file. */
export type WireKind = 'varint' | 'fixed32' | 'fixed64' | 'bytes' | 'string' | 'message';

/** What the scanner must know of one field. */
export interface WireField {
  readonly name: string;
  readonly kind: WireKind;
  readonly repeated: boolean;
  readonly child: WireTable | undefined;
}

/** What the scanner must know of one message; `fields` is indexed by field number. */
export interface WireTable {
  readonly name: string;
  readonly role: 'graph' | 'node' | 'tensor' | 'attribute' | 'other';
  readonly fields: (WireField | undefined)[];
}

/** Derives the scanner's table of ModelProto, and of everything below it, from the generated descriptors. */
export function modelWireTable(): WireTable {
  return tableOf(ModelProtoSchema, new Map());
}

function tableOf(message: DescMessage, known: Map<string, WireTable>): WireTable {
  const done = known.get(message.typeName);
  if (done !== undefined) return done;
  const table: WireTable = { name: message.name, role: roleOf(message), fields: [] };
  known.set(message.typeName, table);
  for (const field of message.fields) {
    table.fields[field.number] = {
      name: field.name,
      kind: kindOf(field),
      repeated: field.fieldKind === 'list',
      child: field.message === undefined ? undefined : tableOf(field.message, known),
    };
  }
  return table;
}

function roleOf(message: DescMessage): WireTable['role'] {
  switch (message.typeName) {
    case GraphProtoSchema.typeName:
      return 'graph';
    case NodeProtoSchema.typeName:
      return 'node';
    case TensorProtoSchema.typeName:
      return 'tensor';
    case AttributeProtoSchema.typeName:
      return 'attribute';
    default:
      return 'other';
  }
}

function kindOf(field: DescField): WireKind {
  if (field.message !== undefined) return 'message';
  if (field.enum !== undefined) return 'varint';
  switch (field.scalar) {
    case ScalarType.STRING:
      return 'string';
    case ScalarType.BYTES:
      return 'bytes';
    case ScalarType.FLOAT:
      return 'fixed32';
    case ScalarType.DOUBLE:
      return 'fixed64';
    default:
      return 'varint';
  }
}

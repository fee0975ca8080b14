export interface ZipEntry {
  readonly name: string;
  readonly sizeBytes: number;
  read(): Buffer;
}

export declare function zipEntries(file: string): ZipEntry[];

export declare function vsixProblems(file: string, target: string): string[];

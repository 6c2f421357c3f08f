export { ByteWriter } from './byte-writer.ts';
export { CopyMasker, type CopyMaskerOptions } from './copy-masker.ts';
export { readRowDescription, withFormats, type ResultField } from './fields.ts';
export { LONGEST_ROW_BYTES, RowMasker, type RowMaskerOptions } from './row-masker.ts';
export { TextMasker, type TextMaskerOptions } from './text-masker.ts';

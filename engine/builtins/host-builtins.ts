import type { BuiltinTable } from './value.ts';
export const hostBuiltins: BuiltinTable = new Map();

/** stub */
export const nativeOverrides: ReadonlyMap<string, string> = new Map();

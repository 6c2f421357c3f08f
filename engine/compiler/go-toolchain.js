import { fileURLToPath } from 'node:url';

/** The folder of the Go program. */
export const sourceFolder = fileURLToPath(new URL('./go/', import.meta.url));

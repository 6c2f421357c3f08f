import { register } from 'node:module';

let registered = false;

/**
 * Lets modules loaded from now on import `sallyport/…` wherever they stand: a dialect in a folder of its own, beside a
 * Sallyport that was installed globally or is run from a checkout, finds no `node_modules/sallyport` above it. One that
 * does find it keeps its own.
 *
 * It changes how this process resolves modules, so it is called only when a third party's module is about to be loaded.
 */
export function resolveOwnPackage(): void {
  if (registered) return;
  registered = true;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`, { data: { parentURL: import.meta.url } });
}

// From inside the package, `sallyport/…` is the package itself (Node's self-reference through "exports").
const hooks = `
let parentURL;
export function initialize(data) { parentURL = data.parentURL; }
export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND' || !specifier.startsWith('sallyport/')) throw error;
    return next(specifier, { ...context, parentURL });
  }
}`;

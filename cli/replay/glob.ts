/**
 * Globs of names and of paths: `*` is any run of characters and `?` any one, neither of them a `/` where paths are
 * matched; `**` between slashes is any number of folders. There are no classes and no braces.
 */
export function globToRegExp(glob: string, options: { readonly path: boolean }): RegExp {
  const any = options.path ? '[^/]' : '[^]';
  let source = '';
  // Runs of stars are one star: each of its own would be tried in every combination with the others.
  for (const [token] of glob.replaceAll(/\*{3,}/g, '**').matchAll(/\*\*\/|\*+|\?|[^*?]+/g)) {
    if (token === '**/' && options.path) source += '(?:[^/]*/)*';
    else if (token === '?') source += any;
    else if (token.startsWith('*')) source += token.endsWith('/') ? `${any}*/` : `${any}*`;
    else source += token.replaceAll(/[\\^$.|+()[\]{}]/g, String.raw`\$&`);
  }
  return new RegExp(`^${source}$`, 'u');
}

export function isGlob(text: string): boolean {
  return /[*?]/.test(text);
}

/** Whether a name matches any of the globs; without globs everything does. */
export function nameMatcher(globs: readonly string[] | undefined): (name: string) => boolean {
  if (globs === undefined || globs.length === 0) return () => true;
  const patterns = globs.map((glob) => globToRegExp(glob, { path: false }));
  return (name) => patterns.some((pattern) => pattern.test(name));
}

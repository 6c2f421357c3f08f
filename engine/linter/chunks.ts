/** A request should take about a second, so that threads that are done early find more to do. */
const charactersInChunk = 24_000;

/**
 * Modules in portions for several threads: large ones first, small ones together.
 *
 * @param threads there are at least as many portions, where there are as many modules
 */
export function chunksOf(
  modules: Readonly<Record<string, string>>,
  threads: number,
): readonly Readonly<Record<string, string>>[] {
  const sorted = Object.entries(modules).sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1));
  const total = sorted.reduce((sum, [, text]) => sum + text.length, 0);
  const most = Math.min(charactersInChunk, Math.ceil(total / threads));
  const chunks: Record<string, string>[] = [];
  let room = 0;
  for (const [name, text] of sorted) {
    if (room < text.length || chunks.length === 0) {
      chunks.push({});
      room = most;
    }
    Object.defineProperty(chunks.at(-1), name, { value: text, enumerable: true });
    room -= text.length;
  }
  return chunks;
}

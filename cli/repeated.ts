/** For commander: an option that may be given more than once, as the list of its values. */
export function repeated(value: string, values: readonly string[] = []): string[] {
  return [...values, value];
}

/** An entrypoint as bundles name it: `data.policy.x.deny`, `data/policy/x/deny` and `policy/x/deny` are one. */
export function normalizeEntrypoint(name: string): string {
  return (name.includes('/') ? name : name.replaceAll('.', '/')).replace(/^\/?data\//, '');
}

/**
 * What detectors look for in values and texts, by the name that policies say (`mask contains {"detect": ["card"], …}`).
 * Imports nothing, so that policies' tools may know the names without loading what finds them.
 */
export const DETECTORS = ['card', 'email', 'iban', 'jwt', 'national_id', 'phone', 'private_key', 'secret'] as const;
export type DetectorName = (typeof DETECTORS)[number];

export function isDetector(name: string): name is DetectorName {
  return (DETECTORS as readonly string[]).includes(name);
}

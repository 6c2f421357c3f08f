import { SallyportError } from '../../engine/errors.ts';

/** Words that Rego keeps for itself: a package of that name does not parse, or needs brackets wherever it is used. */
const reserved = new Set([
  ...['as', 'contains', 'data', 'default', 'else', 'every', 'false', 'if', 'import', 'in', 'input', 'not', 'null'],
  ...['package', 'some', 'true', 'with'],
]);

/**
 * Holds a name to what can be a file, a Rego package and a dialect at once.
 *
 * @throws SallyportError SP_USAGE
 */
export function checkName(kind: 'policy' | 'case' | 'dialect', name: string): string {
  const refuse = (why: string, help: string): never => {
    throw new SallyportError('SP_USAGE', `${JSON.stringify(name)} is no name for a ${kind}: ${why}.`, { help });
  };
  const example = kind === 'dialect' ? 'my-store' : 'payments';
  if (!/^[a-z][a-z0-9_-]*$/.test(name)) {
    refuse('it must be lower-case letters, digits, _ and -, a letter first', `For instance ${example}.`);
  }
  if (kind === 'policy' && reserved.has(name)) refuse('Rego keeps that word for itself', `For instance ${name}_rules.`);
  if (/[_-](test|cases)$/.test(name)) refuse('what ends so is a test or a case file', `For instance ${example}.`);
  return name;
}

/** The name as a Rego package has it. */
export function packageName(name: string): string {
  return name.replaceAll('-', '_');
}

/** The beginning of the ids of its rules. */
export function idPrefix(name: string): string {
  return name.replaceAll('_', '-').toUpperCase();
}

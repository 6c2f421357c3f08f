import { BuiltinError } from './value.ts';

/**
 * Go's Regexp.Expand (Go source: regexp/regexp.go): `$1`, `${1}`, `$name`, `${name}`, `$$`. A name is as long as it can
 * be, so `$1x` is the group "1x"; a group that does not exist is empty; a `$` that begins nothing stands for itself.
 */
export function expandTemplate(
  template: string,
  names: Readonly<Record<string, number>>,
  group: (index: number) => string,
): string {
  return template.replace(
    /\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu,
    (_whole, dollar?: string, braced?: string, plain?: string) => {
      if (dollar !== undefined) return '$';
      const name = braced ?? plain ?? '';
      if (/^(?:0|[1-9][0-9]{0,7})$/.test(name)) return group(Number(name));
      const index = Object.hasOwn(names, name) ? names[name] : undefined;
      return index === undefined ? '' : group(index);
    },
  );
}

/**
 * The pattern of a template like `urn:foo:{.*}` (OPA v1/topdown/regex_template.go), and the expressions in it.
 * @throws BuiltinError for delimiters that are not balanced.
 */
export function regexTemplate(template: string, start: string, end: string): { pattern: string; groups: string[] } {
  let pattern = '^';
  const groups: string[] = [];
  let level = 0;
  let literal = '';
  let group = '';
  for (const character of template) {
    if (character === start) {
      level += 1;
      if (level === 1) continue;
    } else if (character === end) {
      level -= 1;
      if (level < 0) break;
      if (level === 0) {
        pattern += `${quoteMeta(literal)}(${group})`;
        groups.push(group);
        literal = '';
        group = '';
        continue;
      }
    }
    if (level === 0) literal += character;
    else group += character;
  }
  if (level !== 0) throw new BuiltinError(`unbalanced braces in ${JSON.stringify(template)}`);
  return { pattern: `${pattern}${quoteMeta(literal)}$`, groups };
}

/** Go's regexp.QuoteMeta. */
export function quoteMeta(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

import Mustache, { type TemplateSpans } from 'mustache';

/** All that a template may name, beside what it finds inside of a section. See Notice. */
export const placeholders: readonly string[] = [
  ...['type', 'message', 'gateway', 'session', 'time', 'left_out'],
  ...['subject', 'subject.id', 'subject.kind', 'subject.owner'],
  ...['resource', 'resource.name', 'resource.environment'],
  ...['client', 'client.address', 'client.application'],
  ...['decision', 'decision.id', 'decision.effect', 'decision.revision', 'decision.rules', 'decision.reasons'],
  ...['command', 'command.text', 'command.verb', 'command.effects'],
  ...['approval', 'approval.id', 'approval.state', 'approval.approvers', 'approval.expires', 'approval.reviewers'],
  ...['approval.comment', 'approval.cautions', 'approval.show', 'approval.approve'],
];

/**
 * What is wrong with a template; undefined when nothing is. Only `{{name}}` and sections are taken: what is not escaped
 * (`{{{name}}}`, `{{&name}}`) could address a whole chat, and there are no partials.
 */
export function templateProblem(template: string): string | undefined {
  const writer = new Mustache.Writer();
  try {
    return problemOf(writer.parse(template) as TemplateSpans, []);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function problemOf(spans: TemplateSpans, sections: readonly string[]): string | undefined {
  for (const [type, name, , , inner] of spans) {
    if (type === 'text' || type === '!') continue;
    if (type === '&') return `{{{${name}}}} and {{&${name}}} are not escaped: write {{${name}}}`;
    if (type === '>') return `{{> ${name}}}: there are no partials`;
    const known = pathOf(name, sections);
    if (known === undefined)
      return `{{${name}}} is nothing that a notification has; there are: ${placeholders.join(', ')}`;
    const problem = Array.isArray(inner) ? problemOf(inner, [known, ...sections]) : undefined;
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** As mustache looks a name up: in the innermost section first. */
function pathOf(name: string, sections: readonly string[]): string | undefined {
  if (name === '.') return sections[0];
  const candidates = [...sections.map((section) => `${section}.${name}`), name];
  return candidates.find((path) => placeholders.includes(path));
}

/**
 * Fills a template in. Each value goes through `escape`.
 *
 * @throws Error when the template is malformed: see templateProblem
 */
export function fillIn(template: string, view: object, escape: (text: string) => string): string {
  const writer = new Mustache.Writer();
  const filled = writer.render(template, bare(view), undefined, { escape: (value) => escape(String(value)) });
  // It keeps every template that it has seen, and rules may make them up.
  writer.clearCache();
  return filled;
}

/** Without prototypes: a template must not reach `constructor` and the like, which mustache would call. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== 'object' || value === null) return value;
  const copy: unknown = Object.assign(
    Object.create(null) as object,
    Object.fromEntries(Object.entries(value).map(([key, part]) => [key, bare(part)])),
  );
  return copy;
}

import { createTwoFilesPatch } from 'diff';
import type { PolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { Diagnostic } from '../../engine/contract.ts';
import type { Paint } from '../reporters/terminal.ts';
import { printable } from '../reporters/terminal.ts';
import type { RegoFile } from './rego-files.ts';

/** A file and how `opa fmt` writes it. */
export interface FormattedFile {
  readonly file: RegoFile;
  readonly formatted: string;
  readonly changed: boolean;
}

/** Formats files; one that does not parse is a finding, and the others are formatted all the same. */
export async function formatFiles(
  files: readonly RegoFile[],
  compiler: PolicyCompiler,
): Promise<{ formatted: FormattedFile[]; findings: readonly Diagnostic[] }> {
  const modules = Object.fromEntries(files.map(({ path, text }) => [path, text]));
  const { result, diagnostics } = await compiler.format({ modules });
  const formatted = files.flatMap((file) => {
    const text = result?.modules[file.path];
    return text === undefined ? [] : [{ file, formatted: text, changed: file.marked || text !== file.text }];
  });
  return { formatted, findings: diagnostics };
}

/** What formatting would change in a file, in words, at the first line that differs. */
export function differenceOf({ file, formatted }: FormattedFile): Diagnostic {
  const old = file.text.split('\n');
  const next = formatted.split('\n');
  const row = old.findIndex((line, index) => line !== next[index]) + 1;
  const notes = [
    ...(file.marked ? ['it begins with a byte order mark'] : []),
    ...(file.text.includes('\r\n') ? ['its lines end with CRLF, where opa fmt writes LF'] : []),
  ];
  return {
    severity: 'error',
    code: 'not_formatted',
    message: ['not as opa fmt writes it', ...notes].join('; '),
    help: `sallyport fmt --write ${file.path}`,
    file: file.path,
    row: Math.max(row, 1),
    col: 1,
  };
}

const colours = { '+': 'green', '-': 'red', '@': 'cyan' } as const;

/** A unified diff that `git apply` and `patch -p1` take. */
export function renderDiff({ file, formatted }: FormattedFile, paint: Paint): string {
  const before = file.marked ? `\ufeff${file.text}` : file.text;
  const name = file.path.replace(/^\/+/, '');
  const patch = createTwoFilesPatch(`a/${name}`, `b/${name}`, before, formatted, undefined, undefined, {
    context: 3,
  });
  // The library draws a line above the names, which neither of them needs.
  const lines = patch.replace(/^=+\n/, '').split('\n');
  return lines.map((line) => paintLine(line, paint)).join('\n');
}

function paintLine(line: string, paint: Paint): string {
  const mark = line.charAt(0);
  if (mark !== '+' && mark !== '-' && mark !== '@') return line;
  const painted = paint(colours[mark], 'x');
  // Without colours the patch stays as it is, to the byte; with them a person reads it.
  return painted === 'x' ? line : paint(colours[mark], printable(line.replaceAll('\t', '    ')));
}

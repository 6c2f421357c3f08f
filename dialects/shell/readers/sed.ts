import { parseArguments } from '../arguments.ts';
import type { ProgramSpec } from '../programs/spec.ts';
import type { Reader } from '../use.ts';
import { isStatic } from '../words.ts';
import { scanSed } from './sed-script.ts';

const sed: ProgramSpec = {
  effects: [],
  flags:
    '-n -E -r -s -u -z --quiet --silent --regexp-extended --separate --unbuffered --null-data --posix --sandbox --debug --version --help --follow-symlinks',
  values: {
    '-e': 'text',
    '--expression': 'text',
    '-f': 'text',
    '--file': 'text',
    '-l': 'text',
    '--line-length': 'text',
  },
  attached: { '-i': 'text', '--in-place': 'text' },
};

/** sed: its script may write files, and with GNU's `e` run programs. */
export const readSed: Reader = ({ draft, args }) => {
  const { options, operands, doubtful } = parseArguments(sed, args);
  if (doubtful) draft.incomplete('dynamic_argument');
  const scripts = options.filter(({ name }) => name === '-e' || name === '--expression').map(({ value }) => value);
  const files = [...operands];
  for (const { name, known } of options) {
    if (!known) draft.incomplete('unknown_option');
    if (name === '-f' || name === '--file') draft.incomplete('sourced_file');
  }
  if (scripts.length === 0 && !options.some(({ name }) => name === '-f' || name === '--file'))
    scripts.push(files.shift());
  const inPlace = options.some(({ name }) => name === '-i' || name === '--in-place');
  for (const file of files) {
    draft.path(file, 'read');
    if (inPlace) draft.path(file, 'write');
  }
  if (inPlace) draft.effect('write');
  const texts = scripts.filter((script) => script !== undefined);
  if (!texts.every(isStatic)) {
    draft.incomplete('program_text');
    return;
  }
  const found = scanSed(texts.map(({ value }) => value).join('\n'));
  if (!found.known) draft.incomplete('program_text');
  for (const path of found.reads) draft.staticPath(path, 'read');
  for (const path of found.writes) {
    draft.effect('write');
    draft.staticPath(path, 'write');
  }
};

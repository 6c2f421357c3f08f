import { parseArguments } from '../arguments.ts';
import type { Effect } from '../../../engine/contract.ts';
import type { ProgramSpec } from '../programs/spec.ts';
import type { Reader } from '../use.ts';
import { isStatic, type Argument } from '../words.ts';

const tar: ProgramSpec = {
  effects: [],
  flags:
    '-c -x -t -r -u -A -d -z -j -J -a -v -p -P -k -m -h -O -S -W -l -o -s -w -Z -B -i -n -R --create --extract --get --list --append --update --concatenate --diff --compare --delete --gzip --gunzip --bzip2 --xz --zstd --auto-compress --verbose --preserve-permissions --absolute-names --keep-old-files --overwrite --unlink-first --remove-files --to-stdout --dereference --same-owner --no-same-owner --no-same-permissions --numeric-owner --wildcards --no-recursion --one-file-system --acls --xattrs --selinux --totals --ignore-failed-read --sparse --no-overwrite-dir --skip-old-files --keep-newer-files --lzma --anchored --sort --warning --format --null --exclude-vcs --show-transformed-names --version',
  values: {
    '-f': 'path:use',
    '--file': 'path:use',
    '-C': 'path:use',
    '--directory': 'path:use',
    '-T': 'text',
    '--files-from': 'text',
    '-X': 'path:read',
    '--exclude': 'text',
    '--exclude-from': 'path:read',
    '--strip-components': 'text',
    '--strip': 'text',
    '--transform': 'text',
    '--xform': 'text',
    '--owner': 'text',
    '--group': 'text',
    '--mode': 'text',
    '--mtime': 'text',
    '-g': 'path:write',
    '--newer': 'text',
    '-N': 'text',
    '-b': 'text',
    '--suffix': 'text',
    '-I': 'text',
    '--use-compress-program': 'text',
    '-F': 'text',
    '--checkpoint-action': 'text',
    '--to-command': 'text',
    '--info-script': 'text',
    '--new-volume-script': 'text',
    '--rsh-command': 'text',
    '--rmt-command': 'text',
    '-V': 'text',
    '-H': 'text',
    '-K': 'text',
    '-L': 'text',
    '--checkpoint': 'text',
  },
};
const runs = new Set([
  '-F',
  '--checkpoint-action',
  '--to-command',
  '--info-script',
  '--new-volume-script',
  '--rsh-command',
  '--rmt-command',
]);
const compressors = /^(?:gzip|pigz|bzip2|pbzip2|lbzip2|xz|pixz|zstd|zstdmt|lz4|lzop)(?: -[\dT]+)*$/;

const modes: readonly (readonly [options: readonly string[], effects: readonly Effect[]])[] = [
  [
    ['-c', '--create'],
    ['read', 'write'],
  ],
  [
    ['-x', '--extract', '--get'],
    ['read', 'write', 'create'],
  ],
  [['-t', '--list', '-d', '--diff', '--compare'], ['read']],
  [
    ['-r', '--append', '-u', '--update', '-A', '--concatenate'],
    ['read', 'write'],
  ],
  [
    ['--delete', '--remove-files'],
    ['write', 'delete'],
  ],
];

/** tar: the first word may be options without a dash. */
export const readTar: Reader = ({ draft, args }) => {
  const { options, operands, doubtful } = parseArguments(tar, dashed(args));
  const has = (names: readonly string[]): boolean => options.some(({ name }) => names.includes(name));
  if (doubtful) draft.incomplete('dynamic_argument');
  for (const [names, effects] of modes) if (has(names)) draft.effect(...effects);
  const extracts = has(['-x', '--extract', '--get']);
  const creates = has(['-c', '--create', '-r', '--append', '-u', '--update']);
  for (const { name, known, value } of options) {
    if (!known) draft.incomplete('unknown_option');
    if (runs.has(name)) draft.incomplete('runs_program');
    if ((name === '-I' || name === '--use-compress-program') && !compressors.test(value?.value ?? ''))
      draft.incomplete('runs_program');
    // Lines of the file may be options.
    if (name === '-T' || name === '--files-from') draft.incomplete('dynamic_argument');
    if (value === undefined) continue;
    if (name === '-f' || name === '--file') archive(value);
    if (name === '-C' || name === '--directory') draft.path(value, extracts ? 'write' : 'read');
  }
  if (creates) for (const operand of operands) draft.path(operand, 'read');
  if (extracts && !has(['-C', '--directory', '-O', '--to-stdout'])) draft.staticPath('.', 'write');

  function archive(value: Argument): void {
    if (value.value === '-') return;
    // host:file goes over the network, by a program that runs on the other side.
    if (value.prefix.includes(':') || value.value === undefined)
      draft.incomplete(value.value === undefined ? 'dynamic_argument' : 'runs_program');
    draft.path(value, creates ? 'write' : 'read');
  }
};

/** `xzf file`: letters that take values get them from the words that follow, in order. */
function dashed(args: readonly Argument[]): Argument[] {
  const [first, ...others] = args;
  if (!isStatic(first) || first.value.startsWith('-') || !/^[A-Za-z]+$/.test(first.value)) return [...args];
  const front: Argument[] = [];
  const taken = [...others];
  for (const letter of first.value) {
    front.push({ ...first, value: `-${letter}`, prefix: `-${letter}` });
    if (!Object.hasOwn(tar.values ?? {}, `-${letter}`)) continue;
    const value = taken.shift();
    if (value !== undefined) front.push(value);
  }
  return [...front, ...taken];
}

import { parseArguments, rest } from '../arguments.ts';
import { applyMeaning } from '../meanings.ts';
import type { Meaning, ProgramSpec } from '../programs/spec.ts';
import type { Reader } from '../use.ts';

const values: Readonly<Record<string, Meaning>> = {
  '-o': 'path:write',
  '--output': 'path:write',
  '--output-dir': 'path:write',
  '-c': 'path:write',
  '--cookie-jar': 'path:write',
  '-D': 'path:write',
  '--dump-header': 'path:write',
  '--trace': 'path:write',
  '--trace-ascii': 'path:write',
  '--stderr': 'path:write',
  '-d': 'upload:use',
  '--data': 'upload:use',
  '--data-binary': 'upload:use',
  '--data-raw': 'upload:use',
  '--data-urlencode': 'upload:use',
  '--data-ascii': 'upload:use',
  '--json': 'upload:use',
  '-F': 'upload:use',
  '--form': 'upload:use',
  '--form-string': 'upload:use',
  '-T': 'path:read',
  '--upload-file': 'path:read',
  '-H': 'header:use',
  '--header': 'header:use',
  '-u': 'secret',
  '--user': 'secret',
  '-U': 'secret',
  '--proxy-user': 'secret',
  '--oauth2-bearer': 'secret',
  '--pass': 'secret',
  '-b': 'text',
  '--cookie': 'secret',
  '-X': 'text',
  '--request': 'text',
  '-A': 'text',
  '--user-agent': 'text',
  '-e': 'text',
  '--referer': 'text',
  '-m': 'text',
  '--max-time': 'text',
  '--connect-timeout': 'text',
  '--retry': 'text',
  '--retry-delay': 'text',
  '--retry-max-time': 'text',
  '-w': 'text',
  '--write-out': 'text',
  '-x': 'url:use',
  '--proxy': 'url:use',
  '--url': 'url:use',
  '--resolve': 'text',
  '--connect-to': 'text',
  '--cacert': 'path:read',
  '--capath': 'path:read',
  '-E': 'path:read',
  '--cert': 'path:read',
  '--key': 'path:read',
  '--ciphers': 'text',
  '-r': 'text',
  '--range': 'text',
  '--limit-rate': 'text',
  '-C': 'text',
  '--continue-at': 'text',
  '--interface': 'text',
  '--unix-socket': 'path:use',
  '-z': 'text',
  '--time-cond': 'text',
  '--max-redirs': 'text',
  '-y': 'text',
  '-Y': 'text',
  '--max-filesize': 'text',
  '--noproxy': 'text',
  '--dns-servers': 'text',
  '--socks5': 'url:use',
  '--proto': 'text',
  '--local-port': 'text',
  '-P': 'text',
  '--parallel-max': 'text',
};

const curl: ProgramSpec = {
  effects: [],
  values,
  flags:
    '-s -S -f -k -L -v -i -I -O -J -g -G -N -R -n -p -q -a -B -l -M -V -h -j -Z -# -0 -1 -2 -3 -4 -6 --silent --show-error --fail --fail-with-body --insecure --location --location-trusted --verbose --include --head --remote-name --remote-name-all --remote-header-name --get --no-buffer --remote-time --netrc --globoff --compressed --http1.0 --http1.1 --http2 --http3 --tlsv1 --tlsv1.2 --tlsv1.3 --ipv4 --ipv6 --basic --digest --negotiate --ntlm --anyauth --create-dirs --progress-bar --no-progress-meter --retry-all-errors --retry-connrefused --path-as-is --version --help --raw --tcp-nodelay --parallel --fail-early --no-keepalive --ssl-reqd',
};

const uploads = new Set([
  '-d',
  '--data',
  '--data-binary',
  '--data-raw',
  '--data-urlencode',
  '--data-ascii',
  '--json',
  '-F',
  '--form',
  '--form-string',
  '-T',
  '--upload-file',
]);
const writers = new Set(['-o', '--output', '-O', '--remote-name', '--remote-name-all', '--output-dir']);

/** curl: where it goes, what it takes along and what it writes. -K (a file of options) is not among what is known. */
export const readCurl: Reader = (use) => {
  const { draft } = use;
  const { options, operands, doubtful } = parseArguments(curl, use.args);
  if (doubtful) draft.incomplete('dynamic_argument');
  for (const { name, known, value } of options) {
    if (!known) draft.incomplete('unknown_option');
    if (uploads.has(name)) draft.effect('bulk_export');
    if (writers.has(name)) draft.effect('bulk_load', 'write');
    if (name === '-O' || name === '--remote-name') draft.staticPath('.', 'write');
    if (/^(?:-X|--request)$/.test(name) && !/^(?:GET|HEAD|OPTIONS)$/.test(value?.value ?? ''))
      draft.effect('bulk_export');
    const meaning = values[name];
    if (value === undefined || meaning === undefined) continue;
    // user:password; of a form, name=@file and name=<file.
    const at = /^[\w.-]*=[@<]/.exec(value.prefix)?.[0].length;
    if (meaning === 'upload:use' && at !== undefined) applyMeaning(use, 'path:read', rest(value, at));
    if (meaning === 'secret' && value.prefix.includes(':'))
      applyMeaning(use, meaning, rest(value, value.prefix.indexOf(':') + 1));
    else applyMeaning(use, meaning, value);
  }
  for (const operand of operands) {
    applyMeaning(use, 'url:use', operand);
    if (/^file:/i.test(operand.prefix)) draft.staticPath(operand.prefix.replace(/^file:(?:\/\/[^/]*)?/i, ''), 'read');
  }
};

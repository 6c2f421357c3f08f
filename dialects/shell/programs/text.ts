import { programTable } from './spec.ts';

/** Filters, and programs that only tell something. */
export const text = programTable({
  sed: { effects: ['read'], reader: 'sed' },
  'awk gawk mawk nawk original-awk': { effects: ['read'], reader: 'awk' },
  jq: {
    effects: ['read'],
    operands: ['text', 'path:read'],
    values: { '--indent': 'text', '-L': 'path:use', '-f': 'path:read', '--from-file': 'path:read' },
  },
  yq: {
    effects: ['read'],
    operands: ['text', 'path:read'],
    adds: { '-i': ['write'], '--inplace': ['write'], '-s': ['write'], '--split-exp': ['write'] },
  },
  xmllint: {
    effects: ['read'],
    operands: ['path:read'],
    values: { '--xpath': 'text', '--output': 'path:write', '-o': 'path:write', '--schema': 'path:read' },
    refuses: { '--shell': 'interactive' },
  },
  'bc factor seq sleep yes expr numfmt nproc arch tput clear reset': { effects: ['read'], operands: ['text'] },
  dc: { effects: ['read'], always: 'program_text' },
  date: {
    effects: ['read'],
    operands: ['format'],
    values: { '-d': 'text', '--date': 'text', '-r': 'path:use', '-f': 'path:read', '-s': 'text', '--set': 'text' },
    adds: { '-s': ['admin'], '--set': ['admin'] },
  },
  'cal ncal uptime uname whoami id groups who w last lastb lastlog users logname tty printenv locale getconf free vmstat iostat mpstat sar pidstat pmap ps pgrep pidof pstree lsof lscpu lspci lsusb lsmod lshw dmidecode lsns lslocks lslogins lsipc ipcs modinfo getenforce sestatus aa-status runlevel hostid getent apropos whatis finger pinky':
    { effects: ['read'], operands: ['text'] },
  'nm size readelf objdump': { effects: ['read'], operands: ['path:read'], refuses: { '--plugin': 'runs_program' } },
  'top htop atop': {
    effects: ['read'],
    values: { '-p': 'text', '-u': 'text', '-n': 'text', '-d': 'text', '-U': 'text', '-s': 'text' },
  },
  'perl python python2 python3 python3.10 python3.11 python3.12 python3.13 ruby node nodejs deno bun php lua luajit tclsh wish expect R Rscript julia ghci scala groovy osascript pwsh powershell gdb m4 make gmake cmake ninja rake ant mvn gradle java javac gcc g++ cc clang ld as go rustc cargo tsc npx bunx uvx pipx ansible ansible-playbook puppet chef-client salt salt-call fab vagrant packer at batch screen tmux csh tcsh fish ksh mksh rbash scapy ipython irb pry erl elixir iex sbcl guile gnuplot octave':
    {
      effects: ['execute', 'procedural'],
      reader: 'names',
      variant: 'interpreter',
      always: 'foreign_code',
    },
});

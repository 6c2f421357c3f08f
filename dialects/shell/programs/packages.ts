import { programTable, type ProgramSpec } from './spec.ts';

const read: ProgramSpec = { effects: ['read'], operands: ['package:read'] };
const fetches: ProgramSpec = { effects: ['read', 'bulk_load', 'unsafe_io', 'write'] };
const installs: ProgramSpec = { effects: ['create', 'execute', 'admin', 'bulk_load'], operands: ['package:create'] };
const upgrades: ProgramSpec = { effects: ['alter', 'execute', 'admin', 'bulk_load'], operands: ['package:alter'] };
const removes: ProgramSpec = { effects: ['drop', 'execute', 'admin'], operands: ['package:drop'] };
const alters: ProgramSpec = { effects: ['alter', 'admin'], operands: ['package:alter'] };
const runsScripts: ProgramSpec = { effects: ['execute', 'procedural'], always: 'foreign_code' };

const usual = {
  install: installs,
  add: installs,
  upgrade: upgrades,
  update: upgrades,
  remove: removes,
  uninstall: removes,
  erase: removes,
  search: read,
  show: read,
  list: read,
  info: read,
  clean: alters,
  autoremove: removes,
};

/** Package managers. What a package's own scripts do is not in the text, and does not make a command incomplete. */
export const packages = programTable({
  'apt apt-get aptitude apt-cache': {
    effects: ['read'],
    values: { '-t': 'text', '--target-release': 'text' },
    refuses: {
      '-o': 'runs_program',
      '--option': 'runs_program',
      '-c': 'runs_program',
      '--config-file': 'runs_program',
    },
    subcommands: {
      ...usual,
      update: fetches,
      purge: removes,
      'dist-upgrade': upgrades,
      'full-upgrade': upgrades,
      autoclean: alters,
      policy: read,
      depends: read,
      rdepends: read,
      madison: read,
      download: fetches,
      'build-dep': installs,
      check: read,
      showpkg: read,
      reinstall: installs,
    },
  },
  'apt-mark apt-key add-apt-repository': { effects: ['alter', 'admin'], operands: ['text'] },
  dpkg: {
    effects: ['read'],
    operands: ['package:use'],
    flags: '-l -L -s -S -p --list --listfiles --status --search --print-architecture --get-selections -I -c --version',
    adds: {
      '-i': ['create', 'execute', 'admin'],
      '--install': ['create', 'execute', 'admin'],
      '-r': ['drop', 'execute', 'admin'],
      '--remove': ['drop', 'execute', 'admin'],
      '-P': ['drop', 'execute', 'admin'],
      '--purge': ['drop', 'execute', 'admin'],
      '--configure': ['alter', 'execute', 'admin'],
      '-a': ['alter', 'execute', 'admin'],
    },
  },
  'dpkg-query': { effects: ['read'], operands: ['package:read'], values: { '-f': 'text', '--showformat': 'text' } },
  'yum dnf microdnf zypper': {
    effects: ['read'],
    values: { '--enablerepo': 'text', '--disablerepo': 'text', '--installroot': 'path:use' },
    refuses: { '-c': 'runs_program', '--config': 'runs_program', '--setopt': 'runs_program' },
    subcommands: {
      ...usual,
      repolist: read,
      provides: read,
      'check-update': read,
      makecache: fetches,
      localinstall: installs,
      reinstall: installs,
      downgrade: upgrades,
      groupinstall: installs,
      history: alters,
      refresh: fetches,
      in: installs,
      rm: removes,
      up: upgrades,
      se: read,
    },
  },
  rpm: {
    effects: ['read'],
    operands: ['package:use'],
    flags: '-q -a -l -i -f -p -V -c -d -R -v -h --query --all --list --info --changelog --scripts --version',
    adds: {
      '-U': ['create', 'execute', 'admin'],
      '-F': ['alter', 'execute', 'admin'],
      '-e': ['drop', 'execute', 'admin'],
      '--install': ['create', 'execute', 'admin'],
      '--upgrade': ['create', 'execute', 'admin'],
      '--erase': ['drop', 'execute', 'admin'],
      '--import': ['grant', 'admin'],
      '-i': ['create', 'execute', 'admin'],
    },
  },
  apk: {
    effects: ['read'],
    subcommands: { ...usual, add: installs, del: removes, update: fetches, fetch: fetches, policy: read },
  },
  pacman: {
    effects: ['read'],
    operands: ['package:use'],
    flags: '-Q -i -l -s -q -y -u -n -c --noconfirm --needed',
    adds: {
      '-S': ['create', 'execute', 'admin', 'bulk_load'],
      '-U': ['create', 'execute', 'admin'],
      '-R': ['drop', 'execute', 'admin'],
    },
  },
  'snap flatpak brew': {
    effects: ['read'],
    subcommands: { ...usual, refresh: upgrades, run: runsScripts, services: alters, tap: fetches, info: read },
  },
  'pip pip2 pip3': {
    effects: ['read'],
    values: {
      '-r': 'path:read',
      '-i': 'text',
      '--index-url': 'text',
      '--extra-index-url': 'text',
      '-t': 'path:write',
      '--target': 'path:write',
      '--python': 'text',
    },
    refuses: { '--python': 'runs_program' },
    subcommands: {
      ...usual,
      freeze: read,
      download: fetches,
      check: read,
      config: alters,
      wheel: runsScripts,
      cache: alters,
    },
  },
  'npm pnpm yarn': {
    effects: ['read'],
    refuses: { '--script-shell': 'runs_program', '--userconfig': 'runs_program' },
    subcommands: {
      ...usual,
      i: installs,
      ci: installs,
      ls: read,
      outdated: read,
      view: read,
      audit: read,
      rm: removes,
      run: runsScripts,
      start: runsScripts,
      test: runsScripts,
      exec: runsScripts,
      publish: { effects: ['bulk_export', 'unsafe_io'] },
    },
  },
  'gem composer conda': {
    effects: ['read'],
    subcommands: { ...usual, create: installs, env: alters, require: installs, activate: { effects: ['session'] } },
  },
});

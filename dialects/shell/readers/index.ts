import type { ReaderName } from '../programs/spec.ts';
import type { Reader } from '../use.ts';
import { readAwk } from './awk.ts';
import { readCurl } from './curl.ts';
import { readDd } from './dd.ts';
import { readFind } from './find.ts';
import { readNames } from './names.ts';
import { readSed } from './sed.ts';
import { readBrackets, readDeclare, readEval, readSet, readTrap } from './builtins.ts';
import { readShell } from './shells.ts';
import { readSqlClient } from './sql-client.ts';
import { readSsh } from './ssh.ts';
import { readTar } from './tar.ts';
import { readAssignmentsCommand, readXargs } from './wrappers.ts';
import { readGit } from './git.ts';

export const readers: Readonly<Record<ReaderName, Reader>> = {
  'assignments-command': readAssignmentsCommand,
  awk: readAwk,
  brackets: readBrackets,
  curl: readCurl,
  dd: readDd,
  declare: readDeclare,
  eval: readEval,
  find: readFind,
  git: readGit,
  names: readNames,
  sed: readSed,
  set: readSet,
  shell: readShell,
  'sql-client': readSqlClient,
  ssh: readSsh,
  tar: readTar,
  trap: readTrap,
  xargs: readXargs,
};

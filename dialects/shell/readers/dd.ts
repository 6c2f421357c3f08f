import type { Reader } from '../use.ts';
import { rest } from '../arguments.ts';

/** dd: `if=FILE of=FILE` and sizes. */
export const readDd: Reader = ({ draft, args }) => {
  for (const argument of args) {
    const key = /^([a-z]+)=/.exec(argument.prefix)?.[1];
    if (key === undefined) {
      // What is no key=value is an error of dd's; what only the running shell knows may be any.
      if (argument.value === undefined) draft.incomplete('dynamic_argument');
      continue;
    }
    if (!argument.single) draft.incomplete('dynamic_argument');
    const value = rest(argument, key.length + 1);
    if (key === 'if') draft.path(value, 'read');
    if (key !== 'of') continue;
    draft.effect('write');
    draft.path(value, 'write');
  }
};

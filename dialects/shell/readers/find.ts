import { isStatic, type Argument } from '../words.ts';
import type { Reader, Use } from '../use.ts';
import { behind, runInside } from './nested.ts';
import { replaced } from './wrappers.ts';

/** Tests and actions by the number of their arguments. Nothing here runs, removes or writes anything. */
const arguments0 = new Set(
  '-print -print0 -prune -quit -ls -daystart -depth -d -mount -xdev -follow -noleaf -empty -executable -readable -writable -true -false -nouser -nogroup -not -a -and -o -or -warn -nowarn -ignore_readdir_race -noignore_readdir_race'.split(
    ' ',
  ),
);
const arguments1 = new Set(
  '-name -iname -path -ipath -wholename -iwholename -regex -iregex -lname -ilname -type -xtype -size -mtime -mmin -atime -amin -ctime -cmin -newer -anewer -cnewer -perm -user -group -uid -gid -links -inum -samefile -fstype -maxdepth -mindepth -regextype -used -printf -context'.split(
    ' ',
  ),
);
const runs = new Set(['-exec', '-execdir', '-ok', '-okdir']);
const writes = new Map([
  ['-fprint', 1],
  ['-fprint0', 1],
  ['-fls', 1],
  ['-fprintf', 2],
]);

/** find: directories, then an expression whose actions may remove files and run commands. */
export const readFind: Reader = (use) => {
  const start = use.args.findIndex((one) =>
    one.value === undefined ? one.prefix === '' || one.prefix.startsWith('-') : isExpression(one.value),
  );
  const head = start < 0 ? use.args : use.args.slice(0, start);
  const expression = start < 0 ? [] : use.args.slice(start);
  const places = head.filter(({ value }) => value === undefined || !/^-[HLPDO]/.test(value));
  for (const place of places) use.draft.path(place, 'read');
  if (places.length === 0) use.draft.staticPath('.', 'read');
  new Expression(use, places, expression).read();
};

function isExpression(value: string): boolean {
  return (
    (value.startsWith('-') && !/^-(?:[HLP]+$|D$|O\d?$)/.test(value)) ||
    value === '(' ||
    value === '!' ||
    value === ',' ||
    value === ')'
  );
}

class Expression {
  readonly #use: Use;
  readonly #places: readonly Argument[];
  readonly #words: readonly Argument[];
  #at = 0;

  constructor(use: Use, places: readonly Argument[], words: readonly Argument[]) {
    this.#use = use;
    this.#places = places;
    this.#words = words;
  }

  read(): void {
    while (this.#at < this.#words.length) {
      const word = this.#words[this.#at++];
      if (word === undefined) return;
      if (word.value === undefined) {
        this.#use.draft.incomplete('dynamic_argument');
        continue;
      }
      this.#term(word.value);
    }
  }

  #term(term: string): void {
    const { draft } = this.#use;
    const written = writes.get(term);
    if (arguments0.has(term) || ['(', ')', '!', ','].includes(term)) return;
    if (term === '-delete') {
      draft.effect('delete');
      if (this.#places.length === 0) draft.staticPath('.', 'delete');
      for (const place of this.#places) draft.path(place, 'delete');
    } else if (runs.has(term)) this.#run();
    else if (written !== undefined) {
      const file = this.#words[this.#at];
      this.#skip(written);
      draft.effect('write');
      if (file !== undefined) draft.path(file, 'write');
    } else if (arguments1.has(term) || /^-newer[aBcm][aBcmt]$/.test(term)) this.#skip(1);
    else draft.incomplete('unknown_option');
  }

  /** Arguments that only the running shell knows are fine, as long as each is one word. */
  #skip(count: number): void {
    for (const word of this.#words.slice(this.#at, this.#at + count)) {
      // A pattern without quotes becomes names; with an ending like .log none of them is a word of find's.
      if (!word.single && !/^[^$`{}]*[.~]\w*$/.test(word.source)) this.#use.draft.incomplete('dynamic_argument');
    }
    this.#at += count;
  }

  #run(): void {
    const words: Argument[] = [];
    while (this.#at < this.#words.length) {
      const word = this.#words[this.#at++];
      if (word === undefined || word.value === ';') break;
      const previous = words.at(-1);
      if (word.value === '+' && previous?.value === '{}') break;
      words.push(word);
    }
    this.#use.draft.effect('execute');
    const prefix = this.#prefix();
    const put = words.map((word) =>
      isStatic(word) && word.value === '{}'
        ? { ...replaced(word, '{}', prefix), single: true }
        : replaced(word, '{}', prefix),
    );
    runInside(this.#use, put, behind(this.#use));
  }

  /** What found names begin with: they must not pass for options. */
  #prefix(): string {
    if (this.#places.length === 0) return './';
    const prefixes = this.#places.map((place) => place.prefix);
    return prefixes.some((prefix) => prefix === '' || prefix.startsWith('-')) ? '' : (prefixes[0] ?? '');
  }
}

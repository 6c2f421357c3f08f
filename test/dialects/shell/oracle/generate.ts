import { createRandom, type Random } from '../../../testing/random.ts';

/** Programs that exist in the sandbox: each notes its name and its arguments, and prints a word or two. */
export const stubs = ['alpha', 'beta', 'gamma', 'delta', 'rm', 'chmod', 'curl', 'kill', 'mkdir', 'cp'] as const;

/** Programs of the system that run others, and are in the sandbox as they are. */
export const carriers = [
  'env',
  'nice',
  'nohup',
  'timeout',
  'xargs',
  'find',
  'sh',
  'bash',
  'setsid',
  'stdbuf',
  'sed',
  'awk',
  'sort',
  'tar',
] as const;

/** Scripts that are likely to be read differently by a parser and by bash; the same for the same seed. */
export function generateScripts(seed: number, count: number): string[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => new Generator(random).script());
}

class Generator {
  readonly #random: Random;
  /** Whether names may be put together at run time: then hardly any script is vouched for, and none is tested. */
  readonly #dynamic: boolean;
  #depth = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#dynamic = random.integer(5) === 0;
  }

  script(): string {
    return this.#list(1 + this.#random.integer(3), '\n');
  }

  #list(count: number, end: string): string {
    const separators = ['; ', '\n', ' && ', ' || ', ' | ', ' & ', ';', ' |& ', '&&', '\n\n'];
    let text = this.#command();
    for (let index = 1; index < count; index++) text += this.#random.pick(separators) + this.#command();
    return text + (this.#random.integer(8) === 0 ? '' : end);
  }

  #command(): string {
    this.#depth++;
    const isSimple = this.#depth > 3 || this.#random.integer(100) < 45;
    const text = isSimple ? this.#simple() : this.#compound();
    this.#depth--;
    return text;
  }

  #compound(): string {
    const known = this.#dynamic ? [...compounds, ...dynamicCompounds] : compounds;
    return this.#random.pick(known)(this.#inner());
  }

  #inner(): Inner {
    return {
      random: this.#random,
      command: () => this.#command(),
      list: () => this.#list(1 + this.#random.integer(2), ''),
      word: () => this.#word(),
      program: () => this.#spelt(this.#random.pick(stubs)),
    };
  }

  #simple(): string {
    const random = this.#random;
    const before = random.integer(6) === 0 ? `${random.pick(['x', 'y', 'FOO'])}=${this.#word()} ` : '';
    const redirection =
      random.integer(6) === 0 ? random.pick([' >out', ' 2>&1', ' </dev/null', ' >>log', ' 2>/dev/null', ' &>all']) : '';
    const args = Array.from({ length: random.integer(4) }, () => ` ${this.#word()}`).join('');
    return `${before}${this.#spelt(random.pick(stubs))}${args}${redirection}`;
  }

  /** A name in one of the ways that it can be written. */
  #spelt(name: string): string {
    const random = this.#random;
    const at = 1 + random.integer(name.length - 1);
    const known = [
      name,
      name,
      name,
      `"${name}"`,
      `'${name}'`,
      `\\${name}`,
      `${name.slice(0, at)}""${name.slice(at)}`,
      `${name.slice(0, at)}\\${name.slice(at)}`,
      `${name.slice(0, at)}\\\n${name.slice(at)}`,
    ];
    const dynamic = [`$'${name}'`, `${name.slice(0, at)}\${none}${name.slice(at)}`, `$(echo ${name})`];
    return random.pick(this.#dynamic ? [...known, ...dynamic] : known);
  }

  #word(): string {
    const random = this.#random;
    this.#depth++;
    const deep = this.#depth > 4;
    const word = random.pick([
      () =>
        random.pick(['a', 'b1', '-r', '-x', '--long=v', 'f.txt', '1', '-', '--', '{}', '%', 'a#b', 'x=y', '~', '.']),
      () =>
        random.pick([
          '"a b"',
          "'a b'",
          'a\\ b',
          '"$x"',
          '$x',
          '${x:-d}',
          '"a\\"b"',
          "'a\"b'",
          '"a\'b"',
          '$$',
          '$#',
          '"$@"',
          "'$x'",
          '\\$x',
          '"\\$x"',
          "''",
          '""',
          '\\\\',
          '"\\\\"',
          '"\\a"',
          "a''b",
        ]),
      () =>
        random.pick([
          '*',
          '*.txt',
          '?',
          '[ab]',
          '{a,b}',
          '{1..3}',
          'a{b,c}',
          '{a}',
          "$'a\\tb'",
          '"a`echo c`b"',
          '!',
          '[',
          ']',
          '^',
          '=',
          '@',
          '\\;',
          '"}"',
          "')'",
          '"("',
          '\\(',
          "'#'",
          '"$(echo a)"',
        ]),
      () => (deep ? 'z' : `$(${this.#command()})`),
      () => (deep ? 'z' : `"$(${this.#command()})"`),
      () => (deep ? 'z' : `\`${this.#simple().replace(/[`\\$]/g, '\\$&')}\``),
      () => (deep ? 'z' : `<(${this.#command()})`),
      () => (deep ? 'z' : `\${none:-$(${this.#simple()})}`),
      () => (deep ? 'z' : `a"b$(${this.#simple()})"c`),
    ])();
    this.#depth--;
    return word;
  }
}

interface Inner {
  readonly random: Random;
  readonly command: () => string;
  readonly list: () => string;
  readonly word: () => string;
  readonly program: () => string;
}

const single = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const double = (text: string): string => `"${text.replace(/[\\"$`]/g, '\\$&')}"`;

const compounds: readonly ((inner: Inner) => string)[] = [
  ({ list }) => `(${list()}\n)`,
  ({ list }) => `{ ${list()}\n}`,
  ({ list, command }) => `if ${command()}\nthen ${list()}\nelse ${list()}\nfi`,
  ({ list, word }) => `for v in a ${word()}\ndo ${list()}\ndone`,
  ({ list, command }) => `while ! ${command()}\ndo ${list()}\nbreak\ndone`,
  ({ list, word }) => `case ${word()} in a) ${list()}\n;; *) ${list()}\n;; esac`,
  ({ list, word }) => `fn() { ${list()}\n}\nfn ${word()}`,
  ({ command }) => `! ${command()}`,
  ({ command }) => `time ${command()}`,
  ({ command }) => `eval ${single(command())}`,
  ({ command }) => `eval ${double(command())}`,
  ({ program, word }) => `eval ${program()} ${word()}`,
  ({ command }) => `sh -c ${single(command())}`,
  ({ command }) => `bash -c ${double(command())} name`,
  ({ command, word }) => `bash -c ${single(command())} name ${word()}`,
  ({ program, word }) => `env A=1 ${program()} ${word()}`,
  ({ program, word }) => `env -u B ${program()} ${word()} ${word()}`,
  ({ program, word }) => `nice -n 1 ${program()} ${word()}`,
  ({ program, word }) => `nohup ${program()} ${word()}`,
  ({ program, word }) => `timeout -k 1 5 ${program()} ${word()}`,
  ({ program, word }) => `stdbuf -oL ${program()} ${word()}`,
  ({ program, word }) => `command ${program()} ${word()}`,
  ({ program, word }) => `(exec ${program()} ${word()})`,
  ({ program, word }) => `echo a b | xargs ${program()} ${word()}`,
  ({ program, word }) => `echo a b | xargs -n 1 ${program()} ${word()}`,
  ({ program, word }) => `echo a b | xargs -I% ${program()} %${word()}`,
  ({ program }) => `find . -maxdepth 0 -exec ${program()} {} \\;`,
  ({ program }) => `find . -maxdepth 0 -name . -exec ${program()} x {} +`,
  ({ command }) => `find . -maxdepth 0 -exec sh -c ${single(command())} _ {} ';'`,
  ({ command }) => `cat <<E\na $(${command()}) b\nE`,
  ({ command }) => `cat <<'E'\na $(${command()}) b\nE`,
  ({ command }) => `bash <<'E'\n${command()}\nE`,
  ({ command }) => `sh <<-'E'\n\t${command()}\n\tE`,
  ({ command }) => `bash <<< ${single(command())}`,
  ({ command }) => `x=$(${command()})`,
  ({ command }) => `x="a$(${command()})" alpha`,
  ({ command }) => `arr=(1 $(${command()}))`,
  ({ command, word }) => `[[ $(${command()}) == ${word()} ]]`,
  ({ command }) => `[ "$(${command()})" = a ]`,
  ({ command }) => `# ${command().replaceAll('\n', ' ')}`,
  ({ command, word }) => `beta ${word()} # ${command().replaceAll('\n', ' ')}`,
  ({ list, word }) => `{ ${list()}\n} >${word().startsWith('<') ? 'o' : 'o'}ut 2>&1`,
];

/** What nobody can vouch for. */
const dynamicCompounds: readonly ((inner: Inner) => string)[] = [
  ({ command }) => `echo ${single(command())} | sh`,
  ({ command }) => `echo $(( 1 + $(${command()}) ))`,
  ({ program, word }) => `x=${program()}; $x ${word()}`,
  ({ program, word }) => `set -- ${program()} ${word()}; "$@"`,
  ({ command }) => `trap ${single(command())} EXIT`,
  ({ program }) => `alias al=${single(program())}\nal`,
  ({ program }) => `sed ${single('1e ')}${program()} f.txt`,
  ({ program }) => `awk 'BEGIN { system("${program().replace(/["\\'\n]/g, '')}") }'`,
];

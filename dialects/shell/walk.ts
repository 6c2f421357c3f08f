import type {
  CommandNode,
  CompoundCommand,
  ParsedScript,
  PipelineNode,
  Redirection,
  Statement,
  TestExpression,
  Word,
} from 'unbash';
import type { Draft } from './draft.ts';
import { Expansions } from './expansions.ts';
import { inside, type Context, type Reading } from './reading.ts';
import { readRedirections } from './redirections.ts';
import { readSimple } from './simple.ts';
import { readWord } from './words.ts';

/** Reads the commands of a parsed text. */
export function walkScript(reading: Reading, script: ParsedScript, context: Context): void {
  new Walk(reading).statements(script.commands, context);
}

class Walk {
  readonly #reading: Reading;
  readonly #expansions: Expansions;

  constructor(reading: Reading) {
    this.#reading = reading;
    this.#expansions = new Expansions(reading, walkScript);
  }

  statements(statements: readonly Statement[], context: Context): void {
    for (const { command, background } of statements) {
      if (command.type === 'AndOr') {
        const branch = { ...context, direct: false, background: background === true || context.background };
        command.commands.forEach((node, index) => {
          this.#pipeline(node, index === 0 ? { ...branch, direct: context.direct && background !== true } : branch);
        });
      } else {
        this.#pipeline(
          command,
          background === true
            ? { ...context, background: true, direct: false, functions: new Set(context.functions) }
            : context,
        );
      }
    }
  }

  #pipeline(node: PipelineNode, context: Context): void {
    if (node.type !== 'Pipeline') {
      this.#command(node, context);
      return;
    }
    if (context.posix && (node.operators.includes('|&') || node.prefixes.some(({ type }) => type === 'Time'))) {
      this.#reading.doubt('not_posix');
    }
    const length = node.commands.length;
    if (length === 1) {
      for (const command of node.commands) this.#command(command, context);
      return;
    }
    node.commands.forEach((command, position) => {
      this.#command(command, {
        ...context,
        pipeline: { position, length },
        input: position === 0 ? context.input : { from: 'pipe' },
        redirected: position < length - 1 || context.redirected,
        functions: new Set(context.functions),
        direct: false,
      });
    });
  }

  #command(node: CommandNode, context: Context): void {
    switch (node.type) {
      case 'Command':
        readSimple(this.#reading, this.#expansions, node, context);
        return;
      case 'Redirected':
        this.#redirected(node.command, node.redirects, node, context);
        return;
      case 'Function':
        this.#definition(node, context);
        return;
      case 'Coproc': {
        if (context.posix) this.#reading.doubt('not_posix');
        const own: Context = {
          ...inside(context, 'coproc'),
          background: true,
          input: { from: 'pipe' },
          redirected: true,
        };
        if (node.body.type === 'CompoundList') this.statements(node.body.commands, own);
        else this.#command(node.body, own);
        return;
      }
      default:
        this.#compound(node, context);
    }
  }

  #redirected(
    command: CompoundCommand,
    redirects: readonly Redirection[],
    node: { pos: number; end: number },
    context: Context,
  ): void {
    const draft = this.#reading.open('redirection', context.source.place(node.pos, node.end), context);
    draft.effect('read');
    draft.shape.push('{}');
    const { input, redirected } = readRedirections(this.#reading, this.#expansions, redirects, context, draft);
    const own = { ...context, parent: draft, redirected: redirected || context.redirected };
    this.#compound(command, input === undefined ? own : { ...own, input });
  }

  #definition(node: Extract<CommandNode, { type: 'Function' }>, context: Context): void {
    const { source } = context;
    const draft = this.#reading.open('definition', source.place(node.pos, node.end), context);
    draft.effect('session');
    const name = readWord(node.name, source);
    draft.shape.push('function', name.source);
    if (context.posix && !/^\s*[A-Za-z_]\w*\s*\(/.test(source.text.slice(node.pos, node.end)))
      draft.incomplete('not_posix');
    if (name.value === undefined) draft.incomplete('dynamic_command');
    else {
      draft.program = name.value;
      if (this.#reading.surroundings.programs.has(name.value)) this.#reading.taint(draft, 'shadowed_name');
    }
    const own = inside(
      { ...context, functions: new Set(context.functions), input: { from: 'pipe' } },
      'function',
      draft,
    );
    if (name.value !== undefined) {
      own.functions.add(name.value);
      if (context.direct) context.functions.add(name.value);
    }
    if (node.body.type === 'CompoundList') this.statements(node.body.commands, own);
    else this.#command(node.body, own);
  }

  #compound(node: CompoundCommand, context: Context): void {
    switch (node.type) {
      case 'Subshell':
        this.statements(node.body.commands, {
          ...inside(context, 'subshell'),
          direct: context.direct,
          functions: new Set(context.functions),
        });
        return;
      case 'BraceGroup':
        this.statements(node.body.commands, context);
        return;
      case 'If': {
        this.statements(node.clause.commands, inside(context, 'condition'));
        this.statements(node.then.commands, inside(context, 'branch'));
        for (const elif of node.elif) {
          this.statements(elif.clause.commands, inside(context, 'condition'));
          this.statements(elif.then.commands, inside(context, 'branch'));
        }
        if (node.else !== undefined) this.statements(node.else.commands, inside(context, 'branch'));
        return;
      }
      case 'While':
        this.statements(node.clause.commands, inside(context, 'condition'));
        this.statements(node.body.commands, inside(context, 'loop'));
        return;
      case 'For':
      case 'Select':
        if (node.type === 'Select' && context.posix) this.#reading.doubt('not_posix');
        this.#words([node.name, ...(node.wordlist ?? [])], context);
        this.#loopVariable(node.name, context);
        this.statements(node.body.commands, inside(context, 'loop'));
        return;
      case 'ArithmeticFor': {
        const draft = this.#open('arithmetic', '((', node, context);
        if (context.posix) draft.incomplete('not_posix');
        for (const part of [node.initialize, node.test, node.update]) this.#expansions.arithmetic(part, context, draft);
        this.statements(node.body.commands, inside(context, 'loop', draft));
        return;
      }
      case 'Case':
        this.#words([node.word, ...node.items.flatMap(({ pattern }) => pattern)], context);
        for (const { body } of node.items) this.statements(body.commands, inside(context, 'branch'));
        return;
      case 'TestCommand': {
        const draft = this.#open('test', '[[', node, context);
        if (context.posix) draft.incomplete('not_posix');
        this.#test(node.expression, context, draft);
        return;
      }
      case 'ArithmeticCommand': {
        const draft = this.#open('arithmetic', '((', node, context);
        if (context.posix) draft.incomplete('not_posix');
        if (node.expression === undefined && node.body.trim() !== '') draft.incomplete('arithmetic');
        this.#expansions.arithmetic(node.expression, context, draft);
      }
    }
  }

  /** A variable that a loop sets may be one that changes what runs. */
  #loopVariable(name: Word, context: Context): void {
    if (/^(?:PATH|IFS)$/.test(name.text)) {
      this.#reading.taint(
        this.#open('words', 'for', name, context),
        name.text === 'PATH' ? 'path_changed' : 'ifs_changed',
      );
    }
  }

  /** Words that are expanded without being a command's; they are noted only if something comes of it. */
  #words(words: readonly Word[], context: Context): void {
    const plain = words.filter((word) => word.parts !== undefined || word.text.startsWith('~'));
    const [first] = plain;
    const last = plain.at(-1);
    if (first === undefined || last === undefined) return;
    const draft = this.#open('words', 'in', { pos: first.pos, end: last.end }, context);
    for (const word of plain) this.#expansions.word(word, context, draft);
  }

  #open(
    kind: 'words' | 'test' | 'arithmetic',
    shape: string,
    node: { pos: number; end: number },
    context: Context,
  ): Draft {
    const draft = this.#reading.open(kind, context.source.place(node.pos, node.end), context);
    draft.effect('read');
    draft.shape.push(shape);
    return draft;
  }

  #test(expression: TestExpression, context: Context, draft: Draft): void {
    switch (expression.type) {
      case 'TestUnary':
        // -v and -R evaluate a subscript.
        if (/^-[vR]$/.test(expression.operator) && !/^\w+$/.test(expression.operand.text))
          draft.incomplete('arithmetic');
        this.#expansions.word(expression.operand, context, draft);
        return;
      case 'TestBinary': {
        const sides = [expression.left, expression.right];
        if (
          /^-(?:eq|ne|lt|le|gt|ge)$/.test(expression.operator) &&
          !sides.every(({ text }) => /^-?\d+$|^\$[#?]$/.test(text))
        ) {
          draft.incomplete('arithmetic');
        }
        for (const side of sides) this.#expansions.word(side, context, draft);
        return;
      }
      case 'TestLogical':
        for (const operand of expression.operands) this.#test(operand, context, draft);
        return;
      case 'TestNot':
        this.#test(expression.operand, context, draft);
        return;
      case 'TestGroup':
        this.#test(expression.expression, context, draft);
    }
  }
}

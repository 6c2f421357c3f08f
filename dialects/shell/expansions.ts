import type { ArithmeticExpression, ParameterOperation, Word, WordPart } from 'unbash';
import type { Draft } from './draft.ts';
import { inside, type Context, type Reading } from './reading.ts';
import { decodedSource } from './source.ts';
import { checkedScript } from './syntax.ts';
import type { WalkScript } from './walk-types.ts';

/** Finds what runs while words are expanded, and expansions that only the running shell understands. */
export class Expansions {
  readonly #reading: Reading;
  readonly #walk: WalkScript;

  constructor(reading: Reading, walk: WalkScript) {
    this.#reading = reading;
    this.#walk = walk;
  }

  word(word: Word | undefined, context: Context, draft: Draft): void {
    if (word === undefined) return;
    if (word.parts === undefined) this.#plain(word.text, draft);
    else this.parts(word.parts, context, draft);
  }

  parts(parts: readonly WordPart[], context: Context, draft: Draft): void {
    for (const part of parts) this.#part(part, context, draft);
  }

  arithmetic(expression: ArithmeticExpression | undefined, context: Context, draft: Draft): void {
    if (expression === undefined) return;
    switch (expression.type) {
      case 'ArithmeticBinary':
        this.arithmetic(expression.left, context, draft);
        this.arithmetic(expression.right, context, draft);
        return;
      case 'ArithmeticUnary':
        this.arithmetic(expression.operand, context, draft);
        return;
      case 'ArithmeticTernary':
        this.arithmetic(expression.test, context, draft);
        this.arithmetic(expression.consequent, context, draft);
        this.arithmetic(expression.alternate, context, draft);
        return;
      case 'ArithmeticGroup':
        this.arithmetic(expression.expression, context, draft);
        return;
      case 'ArithmeticWord':
        if (!isNumber(expression.value)) draft.incomplete('arithmetic');
        if (expression.parts !== undefined) this.parts(expression.parts, context, draft);
        return;
      case 'ArithmeticCommandExpansion':
        draft.incomplete('arithmetic');
        this.#script(expression, context, draft, 'substitution');
    }
  }

  /** A subscript: arithmetic, unless it stands for all elements. */
  subscript(index: Word | undefined, context: Context, draft: Draft): void {
    if (index === undefined) return;
    if (index.text !== '@' && index.text !== '*' && !/^\d+$/.test(index.text)) draft.incomplete('arithmetic');
    this.word(index, context, draft);
  }

  #part(part: WordPart, context: Context, draft: Draft): void {
    switch (part.type) {
      case 'Literal':
      case 'SingleQuoted':
      case 'SimpleExpansion':
        return;
      case 'AnsiCQuoted':
        if (context.posix) draft.incomplete('not_posix');
        return;
      case 'LocaleString':
        if (context.posix) draft.incomplete('not_posix');
        this.parts(part.parts, context, draft);
        return;
      case 'DoubleQuoted':
        this.parts(part.parts, context, draft);
        return;
      case 'ParameterExpansion':
        if (part.prefix === '!' && part.operation?.type !== 'Names' && !isList(part.index)) {
          draft.incomplete('indirect_expansion');
        }
        this.subscript(part.index, context, draft);
        if (part.operation !== undefined) this.#operation(part.operation, context, draft);
        return;
      case 'CommandExpansion':
        this.#script(part, context, draft, 'substitution');
        return;
      case 'ProcessSubstitution':
        if (context.posix) draft.incomplete('not_posix');
        this.#script(part, context, draft, 'process_substitution');
        return;
      case 'ArithmeticExpansion':
        if (part.expression === undefined) draft.incomplete('arithmetic');
        this.arithmetic(part.expression, context, draft);
        return;
      case 'BraceExpansion':
        if (context.posix) draft.incomplete('not_posix');
        this.#inner(part, context, draft);
        return;
      case 'ExtendedGlob':
        if (context.posix) draft.incomplete('not_posix');
        this.#inner(part, context, draft);
        return;
      case 'Glob':
        this.#inner(part, context, draft);
    }
  }

  #inner(
    part: { readonly text: string; readonly parts?: readonly WordPart[] | undefined },
    context: Context,
    draft: Draft,
  ): void {
    if (part.parts === undefined) this.#plain(part.text, draft);
    else this.parts(part.parts, context, draft);
  }

  #operation(operation: ParameterOperation, context: Context, draft: Draft): void {
    switch (operation.type) {
      case 'Default':
      case 'Remove':
        this.word(operation.operand, context, draft);
        return;
      case 'Replace':
        if (context.posix) draft.incomplete('not_posix');
        this.word(operation.pattern, context, draft);
        this.word(operation.replacement, context, draft);
        return;
      case 'Slice':
        if (context.posix) draft.incomplete('not_posix');
        for (const word of [operation.offset, operation.length]) {
          if (word !== undefined && !isNumber(word.text.trim().replace(/^-/, ''))) draft.incomplete('arithmetic');
          this.word(word, context, draft);
        }
        return;
      case 'CaseModification':
        if (context.posix) draft.incomplete('not_posix');
        this.word(operation.operand, context, draft);
        return;
      case 'Transform':
        // P expands like a prompt, which may run commands; the others quote or change case.
        if (!['Q', 'U', 'u', 'L', 'K', 'k', 'a'].includes(operation.operand.text)) draft.incomplete('prompt_expansion');
        return;
      case 'Names':
        return;
      case 'Unknown':
        draft.incomplete('indirect_expansion');
    }
  }

  #script(
    part:
      | Extract<WordPart, { type: 'CommandExpansion' | 'ProcessSubstitution' }>
      | {
          readonly text: string;
          readonly pos: number;
          readonly end: number;
          readonly script: Parameters<typeof checkedScript>[0];
        },
    context: Context,
    draft: Draft,
    what: string,
  ): void {
    const script = checkedScript(part.script);
    const source =
      script.source === undefined
        ? context.source
        : decodedSource(script.source, context.source.place(part.pos, part.end));
    this.#walk(this.#reading, script, {
      ...inside(context, what, draft),
      source,
      functions: new Set(context.functions),
      pipeline: undefined,
      redirected: true,
      input: part.text.startsWith('>') ? { from: 'pipe' } : context.input,
    });
  }

  /** A word in which the parser saw nothing to expand. */
  #plain(text: string, draft: Draft): void {
    if (/[`$]/.test(text) && /`|\$[\w({@*#?!$-]/.test(text.replace(/\\[^]/g, '')))
      draft.incomplete('parser_disagreement');
  }
}

function isList(index: Word | undefined): boolean {
  return index?.text === '@' || index?.text === '*';
}

/** Literal numbers, and the parameters that only ever hold one. */
function isNumber(text: string): boolean {
  return /^(?:\d+|0[xX][\da-fA-F]+|\d+#\w+|\$[#?$!]|\$\{#[A-Za-z_]\w*\}|\$\{[#?$]\})$/.test(text);
}

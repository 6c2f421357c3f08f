import type { CatalogueView } from '../../catalogue/view.ts';
import type { DetectorMask, MaskPlan } from '../../masking/plan.ts';
import { MaskCounts } from '../../masking/counts.ts';
import type { KeyedHash } from '../../masking/ways/keyed-hash.ts';
import type { MaskedResult } from '../../protocol.ts';
import type { Conversation } from './conversation.ts';
import { ByteWriter, CopyMasker, RowMasker, TextMasker, type ResultField } from './masking/index.ts';
import type { Pending } from './pending.ts';
import { PIECES, WHOLE } from './target-frames.ts';

/** Below it OIDs are of the system's own objects (FirstNormalObjectId). */
const FIRST_USER_OID = 16_384;
/** Masked rows are gathered up to about so many bytes. */
const GATHERED_BYTES = 64 * 1024;

/** How the answer to the command that runs is masked. */
interface Answer {
  readonly pending: Pending;
  readonly command: number;
  readonly plan: MaskPlan;
  readonly counts: MaskCounts;
  rows: RowMasker | undefined;
  copy: CopyMasker | undefined;
}

export interface AnswerMasksOptions {
  readonly conversation: Conversation;
  /** Absent: sessions without one have no plans. */
  readonly key: KeyedHash | undefined;
  readonly catalogue: CatalogueView | undefined;
  /** Towards the client. */
  readonly send: (bytes: Uint8Array) => void;
}

/** Puts masks on what the target answers: rows, copied data, errors, notices, notifications. */
export class AnswerMasks {
  readonly #conversation: Conversation;
  readonly #key: KeyedHash | undefined;
  readonly #catalogue: CatalogueView | undefined;
  #out: ByteWriter | undefined;
  #answer: Answer | undefined;
  readonly #send: (bytes: Uint8Array) => void;

  constructor({ conversation, key, catalogue, send }: AnswerMasksOptions) {
    this.#conversation = conversation;
    this.#key = key;
    this.#catalogue = catalogue;
    this.#send = send;
  }

  /** Sends what was gathered. */
  flush(): void {
    if (this.#out !== undefined && this.#out.length > 0) this.#send(this.#out.take());
  }

  /** Whether a description of columns is wanted whole. */
  describes(head: Pending): boolean {
    return head.describes !== undefined || (head.kind === 'query' && planOf(head) !== undefined);
  }

  /** A Query's rows follow, or a portal's columns are described. */
  described(head: Pending, fields: readonly ResultField[] | undefined): void {
    if (head.describes !== undefined) head.describes.fields = fields;
    else this.#begin(head, fields);
  }

  /** A row begins. */
  row(head: Pending): typeof WHOLE | undefined {
    const answer = this.#answerOf(head);
    if (answer === undefined) return undefined;
    answer.rows ??= this.#rowMasker(answer, head.executes?.description?.fields);
    return answer.rows.touches ? WHOLE : undefined;
  }

  /** @returns false where the row stays as it is */
  maskRow(head: Pending, bytes: Buffer, start: number, end: number): boolean {
    const masker = this.#answerOf(head)?.rows;
    if (masker === undefined) return false;
    this.#out ??= new ByteWriter(GATHERED_BYTES);
    masker.rows(bytes, start, end, this.#out);
    if (this.#out.length >= GATHERED_BYTES) this.flush();
    return true;
  }

  /** Data is copied out. `columns`: as CopyOutResponse announces them. */
  copies(head: Pending, columns: number): void {
    const plan = planOf(head);
    if (plan === undefined) return;
    const answer = this.#begin(head, undefined);
    const format = plan.copy ?? UNKNOWN_COPY;
    answer.copy = new CopyMasker({ format, columns, plan, key: this.#requireKey(), counts: answer.counts });
  }

  copied(head: Pending): typeof PIECES | undefined {
    return this.#answerOf(head)?.copy?.touches === true ? PIECES : undefined;
  }

  copyPiece(bytes: Buffer, start: number, end: number): void {
    const masked = this.#answer?.copy?.data(bytes, start, end);
    if (masked === undefined || masked.length === 0) return;
    // Rows come one by one, and go on together.
    this.#out ??= new ByteWriter(GATHERED_BYTES);
    this.#out.copy(masked, 0, masked.length);
    if (this.#out.length >= GATHERED_BYTES) this.flush();
  }

  /** @returns what goes to the client before the end of what was copied */
  copyEnd(head: Pending): Buffer | undefined {
    const rest = this.#answerOf(head)?.copy?.end();
    return rest === undefined || rest.length === 0 ? undefined : rest;
  }

  /** An ErrorResponse or NoticeResponse: what takes its place, undefined where it stays as it is. */
  report(head: Pending | undefined, bytes: Buffer, start: number, end: number): Buffer | undefined {
    return this.#texts(head)?.report(bytes, start, end);
  }

  notification(bytes: Buffer, start: number, end: number): Buffer | undefined {
    const { masked, detect } = this.#conversation.masked;
    return this.#textMasker(masked, detect)?.notification(bytes, start, end);
  }

  /** Whether texts that come by themselves must be looked at. */
  get readsTexts(): boolean {
    const { masked, detect } = this.#conversation.masked;
    return masked || detect.length > 0;
  }

  /** A command is over: what was masked of its result, for the recording. */
  finish(head: Pending): MaskedResult | undefined {
    const answer = this.#answerOf(head);
    this.#answer = undefined;
    if (answer === undefined) return undefined;
    const { rows, copy, counts, plan } = answer;
    const named = head.lineage?.[indexOf(head)]?.columns;
    const names = named === undefined || 'unknown' in named ? [] : named.map(({ name }) => name);
    const ways =
      rows?.columns ??
      (copy === undefined ? [] : (plan.columns ?? []).map((way, at) => ({ name: names[at] ?? '', way })));
    const columns = ways.flatMap(({ name, way }) => (way === undefined ? [] : [{ name, with: way }]));
    const { detected } = counts;
    if (columns.length === 0 && Object.keys(detected).length === 0) return undefined;
    return { columns, detected };
  }

  #answerOf(head: Pending): Answer | undefined {
    const answer = this.#answer;
    if (answer?.pending === head && answer.command === indexOf(head)) return answer;
    return planOf(head) === undefined ? undefined : this.#begin(head, undefined, false);
  }

  #begin(head: Pending, fields: readonly ResultField[] | undefined, known = true): Answer {
    const plan = planOf(head);
    if (plan === undefined) throw new Error('nothing is masked here');
    const answer: Answer = {
      pending: head,
      command: indexOf(head),
      plan,
      counts: new MaskCounts(),
      rows: undefined,
      copy: undefined,
    };
    if (known && plan.copy === undefined) answer.rows = this.#rowMasker(answer, fields);
    this.#answer = answer;
    return answer;
  }

  #rowMasker({ plan, counts }: Answer, fields: readonly ResultField[] | undefined): RowMasker {
    return new RowMasker({ fields: fields && this.#asForeseen(fields), plan, key: this.#requireKey(), counts });
  }

  /** Temporary relations are in no catalogue: lineage followed what is in them, and cannot foresee their OIDs. */
  #asForeseen(fields: readonly ResultField[]): readonly ResultField[] {
    if (this.#conversation.values.temporary.size === 0) return fields;
    const catalogue = this.#catalogue?.current;
    if (catalogue === undefined) return fields;
    return fields.map((field) => {
      const temporary = field.relation >= FIRST_USER_OID && catalogue.relationByOid(field.relation) === undefined;
      return temporary ? { ...field, relation: 0, attribute: 0 } : field;
    });
  }

  /** For texts about what runs: of the command itself, of its whole transaction where that ends, of the session. */
  #texts(head: Pending | undefined): TextMasker | undefined {
    const { masked, withheldBy, detect } = this.#conversation.masked;
    if (head === undefined) return this.#textMasker(masked, detect);
    if (head.refusal !== undefined) return undefined;
    const withhold = planOf(head)?.withholdTexts === true || (withheldBy !== undefined && endsTransaction(head));
    return this.#textMasker(withhold, detect);
  }

  #textMasker(withhold: boolean, detect: readonly DetectorMask[]): TextMasker | undefined {
    if (!withhold && detect.length === 0) return undefined;
    return new TextMasker({
      withhold,
      detect,
      key: this.#requireKey(),
      counts: this.#answer?.counts ?? new MaskCounts(),
    });
  }

  #requireKey(): KeyedHash {
    if (this.#key === undefined) throw new Error('there is no key to mask with');
    return this.#key;
  }
}

/** Where lineage did not say how rows are copied out: what is no row of this format is masked as a whole. */
const UNKNOWN_COPY = {
  format: 'text',
  delimiter: '\t',
  null: '\\N',
  quote: '"',
  escape: '"',
  header: false,
} as const;

/** The command whose answer is under way. */
function indexOf({ kind, completed }: Pending): number {
  return kind === 'query' ? completed : 0;
}

function planOf(head: Pending): MaskPlan | undefined {
  return head.masks?.[indexOf(head)];
}

/** What was put off is done now: constraints are checked, whichever command it was that broke them. */
function endsTransaction(head: Pending): boolean {
  const { kind, commands } = head;
  if (kind === 'sync') return true;
  const command = commands?.[indexOf(head)];
  return command === undefined ? kind === 'query' : command.effects.includes('transaction');
}

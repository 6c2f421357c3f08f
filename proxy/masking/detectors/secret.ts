import { rules } from '@secretlint/secretlint-rule-preset-recommend';
import { ALPHANUMERIC, classOf } from './ascii.ts';

/** What begins the secrets of one of secretlint's rules, and how long they, with what is looked at around them, may be. */
interface Trigger {
  readonly rule: string;
  readonly keywords: readonly string[];
  readonly longest: number;
}

const SECRET_ACCESS = ['SECRET', 'Secret', 'secret'].flatMap((word) =>
  ['_A', '_a', 'A', 'a'].map((next) => word + next),
);

/**
 * Before which words a rule can match, so that its expressions run where there is something to find, and nowhere else. A test holds that each rule of the preset is
 * here or among those that are left out.
 */
export const TRIGGERS: readonly Trigger[] = [
  {
    rule: 'aws',
    keywords: ['AKIA', 'AGPA', 'AIDA', 'AROA', 'AIPA', 'ANPA', 'ANVA', 'ASIA', 'A3T', ...SECRET_ACCESS],
    longest: 128,
  },
  { rule: 'npm', keywords: ['npm_', '_authToken='], longest: 400 },
  { rule: 'slack', keywords: ['xoxb-', 'xoxp-', 'xapp-', 'xoxa-', 'xoxo-', 'xoxr-', 'hooks.slack.com'], longest: 512 },
  { rule: 'basicauth', keywords: ['http://', 'https://', 'ftp://', 'ftps://'], longest: 1024 },
  { rule: 'sendgrid', keywords: ['SG.'], longest: 512 },
  { rule: 'shopify', keywords: ['shppa_', 'shpca_', 'shpat_', 'shpss_'], longest: 96 },
  { rule: 'github', keywords: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'], longest: 128 },
  { rule: 'gitlab', keywords: ['glpat-'], longest: 160 },
  { rule: 'grafana', keywords: ['glc_', 'glsa_'], longest: 512 },
  { rule: 'openai', keywords: ['sk-'], longest: 256 },
  { rule: 'anthropic', keywords: ['sk-ant-'], longest: 192 },
  { rule: 'groq', keywords: ['gsk_'], longest: 96 },
  { rule: 'huggingface', keywords: ['hf_'], longest: 64 },
  { rule: 'linear', keywords: ['lin_api_'], longest: 160 },
  { rule: 'notion', keywords: ['ntn_'], longest: 64 },
  { rule: '1password', keywords: ['ops_ey'], longest: 1536 },
  {
    rule: 'database-connection-string',
    keywords: ['mongodb://', 'mongodb+srv://', 'mysql://', 'mysqlx://', 'postgres://', 'postgresql://'],
    longest: 1200,
  },
  { rule: 'hashicorp-vault', keywords: ['hvs.', 'hvb.', 'hvr.'], longest: 384 },
  { rule: 'vercel', keywords: ['vcp_', 'vci_', 'vca_', 'vcr_', 'vck_'], longest: 96 },
  { rule: 'databricks', keywords: ['dapi'], longest: 64 },
  { rule: 'docker', keywords: ['dckr_'], longest: 96 },
  { rule: 'figma', keywords: ['figd_'], longest: 256 },
];

/** Private keys have a detector of their own, Google's are files in PKCS #12, and comments that switch rules off are for source code. */
export const LEFT_OUT: readonly string[] = ['privatekey', 'gcp', 'filter-comments'];

/** What a rule is given to read: a file that is none. */
class Piece {
  readonly hasBOM = false;
  /** Rules for npm's settings look at nothing else; the others do not ask. */
  readonly filePath = '.npmrc';
  readonly physicalFilePath = undefined;
  readonly contentType = 'text';
  readonly ext = '';
  readonly content: string;

  constructor(content: string) {
    this.content = content;
  }

  getFilePath(): string {
    return this.filePath;
  }

  getPhysicalFilePath(): undefined {
    return undefined;
  }

  locationToRange(): readonly [number, number] {
    return [0, 0];
  }

  rangeToLocation(): { start: { line: number; column: number }; end: { line: number; column: number } } {
    return { start: this.indexToPosition(), end: this.indexToPosition() };
  }

  positionToIndex(): number {
    return 0;
  }

  indexToPosition(): { line: number; column: number } {
    return { line: 1, column: 0 };
  }
}

const RULE_PREFIX = '@secretlint/secretlint-rule-';
/** Before a keyword: quotes, a scheme, the words that a rule looks back at. */
const BEFORE = 16;

/** Runs secretlint's rules on pieces of text, without its engine: that is asynchronous and reads files. */
export class SecretRules {
  readonly #handlers = TRIGGERS.map(({ rule }) => this.#handlerOf(rule));
  #found: (readonly [start: number, end: number])[] = [];

  /**
   * What the rule finds in a piece of `bytes` around `at`: pairs of offsets, in order. `reach` bytes behind `at` are looked at, and matches there are found
   * whole that begin up to the rule's longest before its end.
   */
  find(
    trigger: number,
    bytes: Buffer,
    start: number,
    at: number,
    end: number,
    reach: number,
  ): readonly (readonly [number, number])[] {
    const from = Math.max(start, at - BEFORE);
    const content = bytes.toString('latin1', from, Math.min(end, at + reach));
    this.#found = [];
    this.#handlers[trigger]?.(content);
    return this.#found
      .map(([first, last]) => [from + first, tokenEnd(bytes, from + last, end)] as const)
      .sort(([a], [b]) => a - b);
  }

  #handlerOf(name: string): (content: string) => void {
    const rule = rules.find(({ meta }) => meta.id === RULE_PREFIX + name);
    if (rule === undefined) throw new TypeError(`secretlint's preset has no rule ${name}`);
    const handler = rule.create(
      {
        sharedOptions: {},
        createTranslator: () => (messageId, data) => ({ message: '', messageId: String(messageId), data }),
        report: ({ range }) => {
          this.#found.push(range);
        },
        ignore: () => undefined,
      },
      // Of AWS: identifiers of keys, too.
      { enableIDScanRule: true },
    );
    return (content) => {
      // Rules for text do their work before they return; one that became asynchronous would find nothing, which a test would notice.
      void handler.file?.(new Piece(content));
    };
  }
}

/** What a rule reports ends short of the secret where that stands behind its name: whatever goes on is a part of it. */
function tokenEnd(bytes: Buffer, at: number, end: number): number {
  const latest = Math.min(end, at + LONGEST_REST);
  let behind = at;
  while (behind < latest && TOKEN[bytes[behind] ?? 0] === 1) behind += 1;
  return behind;
}

const LONGEST_REST = 512;
const TOKEN = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  TOKEN[byte] = (classOf(byte) & ALPHANUMERIC) !== 0 || '_-+/='.includes(String.fromCharCode(byte)) ? 1 : 0;
}

/** What a column's name and type say of what is in it. */
export interface Hint {
  readonly labels: readonly string[];
  /** The words of the name, or the type, that it is taken from. */
  readonly because: string;
}

type Kind = 'text' | 'number' | 'date' | 'address' | 'other';

interface Rule {
  readonly labels: readonly string[];
  /** Words in order, lower case, joined with spaces: any of them anywhere in the name. */
  readonly words: readonly string[];
  readonly kinds: readonly Kind[];
  /** Only in tables whose name holds one of these. */
  readonly tables?: readonly string[];
}

const TEXT: readonly Kind[] = ['text'];
const NUMBERS: readonly Kind[] = ['text', 'number'];

const people = [
  'account', 'author', 'buyer', 'candidate', 'client', 'contact', 'customer', 'doctor', 'employee', 'guest', 'lead',
  'member', 'owner', 'passenger', 'patient', 'people', 'person', 'profile', 'recipient', 'sender', 'staff', 'student',
  'subscriber', 'user', 'visitor',
]; // prettier-ignore

/** Of people who read it in a diff: rather one too many than one too few. The first that fits counts. */
const rules: readonly Rule[] = [
  { labels: ['pii', 'email'], words: ['email', 'e mail', 'mail address', 'mail'], kinds: TEXT },
  { labels: ['secret'], words: ['password', 'passwd', 'pwd', 'passphrase', 'secret', 'api key', 'apikey', 'private key', 'access key', 'access token', 'refresh token', 'auth token', 'token', 'otp', 'recovery code', 'credential'], kinds: TEXT },
  { labels: ['financial', 'card'], words: ['card number', 'card no', 'cardnumber', 'credit card', 'creditcard', 'debit card', 'pan', 'cvv', 'cvc', 'card'], kinds: NUMBERS },
  { labels: ['financial', 'iban'], words: ['iban', 'account number', 'account no', 'bank account', 'routing number', 'sort code', 'bic', 'swift'], kinds: NUMBERS },
  { labels: ['pii', 'phone'], words: ['phone', 'telephone', 'mobile', 'cell', 'msisdn', 'fax', 'tel'], kinds: NUMBERS },
  { labels: ['pii', 'national_id'], words: ['ssn', 'social security', 'national id', 'national identifier', 'nino', 'passport', 'driver license', 'driving licence', 'identity card', 'id card', 'tax id', 'tax number', 'tin', 'personnummer', 'cpf', 'aadhaar', 'nhs number'], kinds: NUMBERS },
  { labels: ['pii', 'birth_date'], words: ['birth', 'birthday', 'birthdate', 'birth date', 'date of birth', 'dob'], kinds: ['text', 'date', 'number'] },
  { labels: ['pii', 'name'], words: ['first name', 'firstname', 'last name', 'lastname', 'full name', 'fullname', 'family name', 'given name', 'middle name', 'maiden name', 'surname', 'forename', 'display name', 'customer name', 'user name', 'username', 'contact name'], kinds: TEXT },
  { labels: ['pii', 'name'], words: ['name'], kinds: TEXT, tables: people },
  { labels: ['pii', 'address'], words: ['street', 'address line', 'address', 'house number', 'zip', 'zip code', 'zipcode', 'postcode', 'post code', 'postal code'], kinds: TEXT },
  { labels: ['pii', 'ip'], words: ['ip', 'ip address', 'ipaddress', 'client ip', 'remote addr'], kinds: ['text', 'address'] },
  { labels: ['pii', 'location'], words: ['latitude', 'longitude', 'lat', 'lng', 'lon', 'geo location', 'coordinates'], kinds: ['text', 'number', 'other'] },
  { labels: ['pii', 'health'], words: ['diagnosis', 'medication', 'allergy', 'blood type', 'medical'], kinds: TEXT },
  { labels: ['pii', 'special'], words: ['gender', 'ethnicity', 'race', 'religion', 'nationality', 'sexual orientation', 'political'], kinds: TEXT },
  { labels: ['financial', 'income'], words: ['salary', 'income', 'wage'], kinds: NUMBERS },
]; // prettier-ignore

/**
 * @param type its name, without a schema: `text`, `_varchar`, `inet`, `email_address`
 */
export function hintOf(table: string, column: string, type: string): Hint | undefined {
  const kind = kindOf(type);
  const name = spaced(column);
  const tableWords = spaced(table);
  for (const { labels, words, kinds, tables } of rules) {
    if (!kinds.includes(kind) || tables?.some((word) => holds(tableWords, word)) === false) continue;
    const found = words.find((word) => holds(name, word));
    if (found !== undefined) return { labels, because: `named ${column}` };
  }
  if (kind === 'address') return { labels: ['pii', 'ip'], because: `of type ${type}` };
  // A domain is often named for what it holds.
  const byType = builtIn.has(type)
    ? undefined
    : rules.find(({ words, tables }) => tables === undefined && words.some((word) => holds(spaced(type), word)));
  return byType === undefined ? undefined : { labels: byType.labels, because: `of type ${type}` };
}

const texts = new Set(['text', 'varchar', 'bpchar', 'citext', 'name', 'json', 'jsonb', 'xml', 'bytea', 'hstore']);
const numbers = new Set(['int2', 'int4', 'int8', 'numeric', 'float4', 'float8', 'money']);
const dates = new Set(['date', 'timestamp', 'timestamptz']);
const addresses = new Set(['inet', 'cidr', 'macaddr', 'macaddr8']);
const others = new Set([
  'bool',
  'uuid',
  'interval',
  'time',
  'timetz',
  'point',
  'bit',
  'varbit',
  'oid',
  'tsvector',
  'geometry',
  'geography',
]);
const builtIn = new Set([...texts, ...numbers, ...dates, ...addresses, ...others]);

function kindOf(type: string): Kind {
  const plain = type.replace(/^_/, '');
  if (numbers.has(plain)) return 'number';
  if (dates.has(plain)) return 'date';
  if (addresses.has(plain)) return 'address';
  // Domains and enumerations are written as text, too.
  return others.has(plain) ? 'other' : 'text';
}

/** ` card number ` of card_number, cardNumber, CardNumbers: words, each in the singular. */
function spaced(name: string): string {
  const words = name
    .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .map((word) => (word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word));
  return ` ${words.join(' ')} `;
}

function holds(name: string, words: string): boolean {
  return name.includes(spaced(words));
}

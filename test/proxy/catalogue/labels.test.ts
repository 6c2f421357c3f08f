import { describe, expect, test } from 'vitest';
import { labelsInComment, labelsInSecurityLabel } from '../../../proxy/catalogue/labels/annotation-labels.ts';
import { readDataLabels } from '../../../proxy/catalogue/labels/data-labels.ts';
import { readLabelPath, writeLabelPath, type LabelPath } from '../../../proxy/catalogue/labels/label-path.ts';

const path = (resource: string, schema: string, relation: string, column: string | undefined): LabelPath => ({
  resource,
  schema,
  relation,
  column,
});

describe('keys of data.labels', () => {
  test.each<[string, LabelPath]>([
    ['shop.public.customers.email', path('shop', 'public', 'customers', 'email')],
    ['shop.public.customers.*', path('shop', 'public', 'customers', undefined)],
    ['shop.Public.CUSTOMERS.eMail', path('shop', 'public', 'customers', 'email')],
    ['shop.public."Customers"."E.Mail"', path('shop', 'public', 'Customers', 'E.Mail')],
    ['Shop-1.public.customers.email', path('Shop-1', 'public', 'customers', 'email')],
    ['"shop.eu".public.customers.email', path('shop.eu', 'public', 'customers', 'email')],
    ['shop.public.customers."say ""hi"""', path('shop', 'public', 'customers', 'say "hi"')],
    ['shop.public.customers."*"', path('shop', 'public', 'customers', '*')],
    ['shop.public.kunden.straße', path('shop', 'public', 'kunden', 'straße')],
    ['shop.public.customers.ÄRZTE', path('shop', 'public', 'customers', 'Ärzte'.toUpperCase().replace('RZTE', 'rzte'))],
  ])('%s', (text, expected) => {
    expect(readLabelPath(text)).toEqual(expected);
    expect(readLabelPath(writeLabelPath(expected))).toEqual(expected);
  });

  test.each([
    '',
    'email',
    'public.customers.email',
    'shop.db.public.customers.email',
    'shop..customers.email',
    'shop.public.customers.',
    '.public.customers.email',
    'shop.*.customers.email',
    'shop.public.*.email',
    'shop.public.customers."email',
    'shop.public.customers."email"x',
    'shop.public.customers.""',
    'shop.public.customers.e"mail',
    'shop.public. customers.email',
  ])('%j names no column', (text) => {
    expect(readLabelPath(text)).toBeUndefined();
  });
});

describe('data.labels', () => {
  test.each<[string, unknown, string[]]>([
    ['a list', ['pii', 'email'], ['email', 'pii']],
    ['one label', 'pii', ['pii']],
    ['the same twice', ['pii', 'pii'], ['pii']],
    ['names with signs', ['gdpr:art-9', 'team/payments', 'v1.2'], ['gdpr:art-9', 'team/payments', 'v1.2']],
  ])('%s', (_what, value, labels) => {
    const { entries, problems } = readDataLabels({ 'shop.public.customers.email': value });
    expect(problems).toEqual([]);
    expect(entries).toEqual([
      { key: 'shop.public.customers.email', ...path('shop', 'public', 'customers', 'email'), labels },
    ]);
  });

  test('may be absent', () => {
    expect(readDataLabels(undefined)).toEqual({ entries: [], problems: [] });
  });

  test.each<[string, unknown]>([
    ['a list', []],
    ['a text', 'pii'],
    ['null', null],
    ['a key that names no column', { 'customers.email': 'pii' }],
    ['an entry that is no label', { 'shop.public.customers.email': 7 }],
    ['an entry that is an object', { 'shop.public.customers.email': { pii: true } }],
    ['an empty list of labels', { 'shop.public.customers.email': [] }],
    ['an empty label', { 'shop.public.customers.email': [''] }],
    ['a label with spaces', { 'shop.public.customers.email': ['very private'] }],
    ['labels in one text', { 'shop.public.customers.email': 'pii, email' }],
    ['data nested by dots', { shop: { public: { customers: { email: 'pii' } } } }],
  ])('cannot be relied on: %s', (_what, value) => {
    expect(readDataLabels(value).problems).toHaveLength(1);
  });
});

describe('comments', () => {
  test.each<[string, string[] | undefined]>([
    ['PII', []],
    ['', []],
    ['Where bills go. @labels(pii, email)', ['pii', 'email']],
    ['@labels(pii)', ['pii']],
    ['@labels( pii ,\n email )', ['pii', 'email']],
    ['@labels(pii) and also @labels(email)', ['pii', 'email']],
    ['see @labelset and @labels_of', []],
    ['someone@labels.example', undefined],
    ['@labels', undefined],
    ['@labels pii', undefined],
    ['@labels ()', undefined],
    ['@labels()', undefined],
    ['@labels(pii', undefined],
    ['@labels(pii,)', undefined],
    ['@labels(very private)', undefined],
    ['@labels(pii) @labels(', undefined],
  ])('%j', (text, expected) => {
    expect(labelsInComment(text)).toEqual(expected);
  });
});

test.each<[string, string[]]>([
  ['pii', ['pii']],
  ['pii, email', ['pii', 'email']],
  [' , pii,,', ['pii']],
  ['system_u:object_r:sepgsql_table_t:s0', ['system_u:object_r:sepgsql_table_t:s0']],
  ['MASKED WITH FUNCTION anon.fake_city()', ['MASKED WITH FUNCTION anon.fake_city()']],
])('the security label %j', (text, expected) => {
  expect(labelsInSecurityLabel(text)).toEqual(expected);
});

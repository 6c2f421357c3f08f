import { describe, expect, test } from 'vitest';
import { hintOf } from '../../../cli/labels/name-evidence.ts';

const labelsOf = (table: string, column: string, type: string): string =>
  hintOf(table, column, type)?.labels.join(' ') ?? '';

describe('what a column is called, and its type', () => {
  test.each<[table: string, column: string, type: string, labels: string]>([
    ['customers', 'email', 'text', 'pii email'],
    ['customers', 'E-Mail', 'varchar', 'pii email'],
    ['customers', 'contactEmails', '_text', 'pii email'],
    ['customers', 'primary_contact', 'email_address', 'pii email'],
    ['customers', 'phone_number', 'int8', 'pii phone'],
    ['customers', 'mobile', 'text', 'pii phone'],
    ['customers', 'first_name', 'text', 'pii name'],
    ['customers', 'lastName', 'text', 'pii name'],
    ['customers', 'name', 'text', 'pii name'],
    ['user_profiles', 'name', 'citext', 'pii name'],
    ['customers', 'date_of_birth', 'date', 'pii birth_date'],
    ['customers', 'dob', 'date', 'pii birth_date'],
    ['customers', 'street', 'text', 'pii address'],
    ['customers', 'ip', 'inet', 'pii ip'],
    ['sessions', 'seen_from', 'inet', 'pii ip'],
    ['employees', 'salary', 'numeric', 'financial income'],
    ['payments', 'card_number', 'text', 'financial card'],
    ['payments', 'cardNumber', 'numeric', 'financial card'],
    ['payments', 'iban', 'text', 'financial iban'],
    ['users', 'password_hash', 'text', 'secret'],
    ['services', 'api_key', 'text', 'secret'],
    ['people', 'ssn', 'int4', 'pii national_id'],
    ['patients', 'diagnosis', 'text', 'pii health'],
  ])('%s.%s %s: %s', (table, column, type, labels) => {
    expect(labelsOf(table, column, type)).toBe(labels);
  });

  test.each([
    ['customers', 'id', 'int4'],
    ['customers', 'email_verified', 'bool'],
    ['customers', 'email_sent_at', 'timestamptz'],
    ['customers', 'address_id', 'int4'],
    ['customers', 'phones_count', 'bool'],
    ['products', 'name', 'text'],
    ['products', 'company', 'text'],
    ['products', 'panel', 'text'],
    ['products', 'shipped', 'text'],
    ['products', 'zipped', 'text'],
    ['products', 'relationship', 'text'],
    ['orders', 'total', 'numeric'],
    ['orders', 'created_at', 'timestamptz'],
    ['orders', 'status', 'order_status'],
    ['orders', 'uuid', 'uuid'],
  ])('%s.%s %s says nothing', (table, column, type) => {
    expect(labelsOf(table, column, type)).toBe('');
  });
});

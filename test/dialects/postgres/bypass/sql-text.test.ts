import { describe, expect, it } from 'vitest';
import { commandsOf, dialect, specify } from '../support/commands.ts';
import {
  callsAsFields,
  columnsOfCustomers,
  leavingTheDatabase,
  secondStatements,
  settingsByOtherRoads,
  strongestVerbs,
} from './rows.ts';

describe('a second statement is a command of its own', () => {
  it.each(secondStatements)('%s', (text, verbs) => {
    expect(commandsOf(text).map(({ verb }) => verb)).toEqual(verbs);
  });
});

describe('the strongest thing is the verb, wherever it hides', () => {
  specify(strongestVerbs);
});

describe('what leaves the database or its rules', () => {
  specify(leavingTheDatabase);
});

describe('a call in the notation of a field', () => {
  specify(callsAsFields);
});

describe('settings change by other roads than SET', () => {
  specify(settingsByOtherRoads);
});

describe('names are what PostgreSQL makes of them', () => {
  specify([
    ['DROP TABLE "customers"', { targets: ['drop table customers'] }],
    ['DROP TABLE Public . Customers', { targets: ['drop table public.customers'] }],
    ['DROP TABLE public/**/./**/customers', { targets: ['drop table public.customers'] }],
    ['DROP TABLE U&"\\0063ustomers"', { targets: ['drop table customers'] }],
    ['DROP TABLE U&"!0063ustomers" UESCAPE \'!\'', { targets: ['drop table customers'] }],
    ['DROP TABLE "Customers"', { targets: ['drop table Customers'] }],
    ['DROP TABLE "pub.cust"', { targets: ['drop table pub.cust'] }],
    ['SELECT * FROM db.public.customers', { touches: ['read table public.customers'] }],
    ['DROP TABLE db.public.customers', { targets: ['drop table public.customers'] }],
    ['SELECT email FROM ONLY customers', { touches: ['read column customers.email'] }],
    ['SELECT email FROM customers *', { touches: ['read column customers.email'] }],
  ]);
});

describe('columns that a masking or column rule must see', () => {
  specify(columnsOfCustomers);
});

it('a text with NUL never hides what follows', () => {
  expect(dialect.parse({ text: 'SELECT 1\0; DROP TABLE t' }).complete).toBe(false);
});

it('strings are not read as a server without standard_conforming_strings would', () => {
  const text = "SELECT '\\', email FROM users --'";
  expect(dialect.parse({ text, settings: { standard_conforming_strings: 'off' } }).complete).toBe(false);
});

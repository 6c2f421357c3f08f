/** `data.labels` of the masking corpus, for a resource of this name. */
export const RESOURCE = 'shop';

/** Labelled columns, by relation: the label of each. */
export const LABELLED = {
  customers: {
    email: 'email',
    card_number: 'card',
    phone: 'phone',
    ssn: 'ssn',
    birth_date: 'birth',
    salary: 'salary',
    profile: 'profile',
    tags: 'tags',
    home: 'home',
  },
  events: { payload: 'payload' },
  staff: { nick: 'nick', badge: 'badge' },
} as const;

export const labels: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(LABELLED).flatMap(([relation, columns]) =>
    Object.entries(columns).map(([column, label]) => [`${RESOURCE}.public.${relation}.${column}`, ['pii', label]]),
  ),
);

/**
 * How each labelled column is changed to see what depends on it: to other values in the same order, which the conditions
 * of the corpus find or leave out as they do the old ones.
 */
export const CHANGES: Readonly<Record<string, string>> = {
  'customers.email': `UPDATE customers SET email = replace(email, '@secret', 'w@secret')`,
  'customers.card_number': `UPDATE customers SET card_number = card_number || 'w'`,
  'customers.phone': `UPDATE customers SET phone = phone || 'w'`,
  'customers.ssn': `UPDATE customers SET ssn = ssn || 'w'`,
  'customers.birth_date': `UPDATE customers SET birth_date = birth_date + 31`,
  'customers.salary': `UPDATE customers SET salary = salary * 2 + id`,
  'customers.profile': `UPDATE customers SET profile = jsonb_build_object('token', 'zq7other' || id, 'level', id, 'more', id)`,
  'customers.tags': `UPDATE customers SET tags = tags || ARRAY['zq7w' || id]`,
  'customers.home': `UPDATE customers SET home = ROW('zq7lane ' || id, 'zq7city ' || id)::address`,
  'events.payload': `UPDATE events SET payload = payload || 'w'`,
  'staff.nick': `UPDATE staff SET nick = nick || 'w'`,
  'staff.badge': `UPDATE staff SET badge = badge || 'w'`,
};

/** Parts of texts whose values nobody can follow: they are masked wherever anything is labelled. */
export const OPAQUE: readonly RegExp[] = [
  /dynamic_mail|mail_plpgsql|speak|cursor_of|of_customers/,
  /_to_xml|ts_stat/,
  /pg_stats|pg_statistic|pg_stat_activity/,
  /a_record\(2\)|^DO /,
  /lo_from_bytea/,
];

export function isOpaque(text: string): boolean {
  return OPAQUE.some((part) => part.test(text));
}

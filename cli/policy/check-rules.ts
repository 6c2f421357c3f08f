import type { RuleInfo } from '../reporters/report.ts';

/** What `check` can find, by code: OPA's own errors, and what only a decision's author can get wrong. */
export const checkRules: Readonly<Record<string, RuleInfo>> = {
  rego_parse_error: { title: 'The text is not Rego', category: 'opa' },
  rego_compile_error: { title: 'The module does not compile', category: 'opa' },
  rego_type_error: { title: 'A name or type does not exist', category: 'opa' },
  rego_unsafe_var_error: { title: 'A variable is never given a value', category: 'opa' },
  rego_recursion_error: { title: 'A rule depends on itself', category: 'opa' },
  effect_rule_not_a_set: {
    title: 'An effect rule is no set',
    description:
      'The decision takes the entries of sets (deny contains …); a rule that is true or false says nothing to it.',
    category: 'decision',
  },
  effect_rule_misspelt: {
    title: 'A set whose name is nearly an effect',
    description: 'It takes no part in the decision under this name.',
    category: 'decision',
  },
  effect_rule_outside_policy: {
    title: 'An effect rule outside of policy',
    description: 'Only packages under policy take part in the decision.',
    category: 'decision',
  },
  effect_rule_in_test: {
    title: 'An effect rule in a test',
    description: 'Files that end in _test.rego are left out of a bundle, and so are their rules.',
    category: 'decision',
  },
  rule_takes_no_part: {
    title: 'A set that no rule reads',
    description: 'It is no effect rule, and no other rule looks at it, so it changes no decision.',
    category: 'decision',
  },
  nothing_takes_part: {
    title: 'No rule has a say',
    description: 'Without an allow every command is denied.',
    category: 'decision',
  },
  approvers_lacking: {
    title: 'Nobody can approve',
    description: 'A rule asks for the approval of people whom the configuration does not have.',
    category: 'decision',
  },
  labels_malformed: {
    title: 'Labels that cannot be read',
    description:
      'An entry of data.labels names no column, or holds what is no label; a mask by label would leave the column out.',
    category: 'decision',
  },
  labels_of_no_resource: {
    title: 'Labels of no resource',
    description: 'An entry of data.labels begins with a name that no resource of the configuration has.',
    category: 'decision',
  },
  reserved_file: { title: 'The file name is reserved', category: 'decision' },
  reserved_package: { title: 'The package is reserved', category: 'decision' },
  outside_bundle_roots: {
    title: "Outside of the bundle's roots",
    description: 'The manifest declares which packages and data the bundle owns; OPA refuses a bundle that has others.',
    category: 'bundle',
  },
};

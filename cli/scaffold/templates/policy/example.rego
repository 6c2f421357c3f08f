# METADATA
# title: Example
# description: |
#   Guards some tables. It only denies: what it lets through needs an allow of another policy.
package policy.example

import data.sallyport.sql

# Who touches them nevertheless.
trusted if "dba" in input.subject.groups

guarded := {"payments", "salaries"}

# METADATA
# title: Guarded tables are for a few
# custom:
#   id: EXAMPLE-001
#   severity: high
#   remediation: Ask somebody of the group dba.
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	not trusted
	some table in guarded
	sql.touches([table])
	message := sprintf("%s is not for everybody", [table])
}

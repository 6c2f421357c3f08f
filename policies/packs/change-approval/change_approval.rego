# METADATA
# title: Changes of production are approved
# description: |
#   Holds what changes production until somebody approves it, and lets the members of a break-glass group pass, heard by
#   all. It allows nothing but that, unless its settings say so. Settings stand in `data.change_approval`; see README.md.
package policy.change_approval

import data.sallyport.settings
import data.sallyport.sql
import data.sallyport.subject

# Settings

shape := {
	"production": "names",
	"kinds": "names",
	"approvers": "names",
	"ttl": "text",
	"break_glass": "names",
	"channel": "text",
	"may_work": "names",
	"may_administer": "names",
}

default production_names := {"production", "prod"}

production_names := {name | some name in data.change_approval.production} if data.change_approval.production

# Kinds of subject that may ask for an approval. What others change needs an allow of its own.
default kinds := {"human", "ci", "service"}

kinds := {kind | some kind in data.change_approval.kinds} if data.change_approval.kinds

default approvers := ["dba"]

approvers := data.change_approval.approvers

default ttl := "15m"

ttl := data.change_approval.ttl

default break_glass_groups := {"break-glass"}

break_glass_groups := {name | some name in data.change_approval.break_glass} if data.change_approval.break_glass

default channel := "security"

channel := data.change_approval.channel

# Kinds that read and change rows everywhere, and schemas outside of production: nobody, unless the settings say so.
may_work contains kind if some kind in data.change_approval.may_work

# Groups that do everything that no rule denies or holds: nobody, unless the settings say so.
may_administer contains name if some name in data.change_approval.may_administer

production if input.resource.environment in production_names

breaks_glass if {
	input.subject.kind == "human"
	subject.in_any(break_glass_groups)
}

held if {
	production
	input.subject.kind in kinds
	not breaks_glass
}

# METADATA
# title: The settings of change-approval hold
# description: A setting that is misspelt or mistyped denies everything, so that no guard is lost unseen.
# custom: {id: SP-CA-000, severity: high, remediation: "Mend data.change_approval; the README of the pack lists its settings."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some message in settings.problems("change_approval", data.change_approval, shape)
}

# What is held

# METADATA
# title: Schema changes in production are approved
# description: CREATE, ALTER and DROP of anything but temporary tables.
# custom: {id: SP-CA-001, severity: medium, remediation: "Wait for the approval, or ask one of its approvers."}
review contains {"rule": rego.metadata.rule(), "approvers": approvers, "ttl": ttl} if {
	sql.changes_schema
	held
	not makes_temporary
}

makes_temporary if {
	input.command.attributes.temporary == true
	sql.only_does({"read", "write", "create"})
}

# METADATA
# title: What nobody can vouch for is approved
# description: |
#   Dynamic SQL, functions that Sallyport does not know, text that does not parse; in every environment, and in breaking the
#   glass as well. The approver reads the text, for the lists of what it does are not whole.
# custom: {id: SP-CA-002, severity: medium, remediation: "Send plain SQL, or wait for the approval."}
review contains {"rule": rego.metadata.rule(), "accept": "incomplete", "approvers": approvers, "ttl": ttl} if {
	input.command.complete == false
	input.subject.kind in kinds
}

# METADATA
# title: Mass writes in production are approved
# description: COPY … FROM, TRUNCATE, and changes of every row.
# custom: {id: SP-CA-003, severity: medium, remediation: "Wait for the approval, or change fewer rows at a time."}
review contains {"rule": rego.metadata.rule(), "approvers": approvers, "ttl": ttl} if {
	mass_write
	held
}

mass_write if sql.does_any({"bulk_load", "truncate"})

mass_write if sql.every_row

# METADATA
# title: Privileged work in production is approved
# description: Rights and roles, other identities, administration; but not VACUUM, ANALYZE and REINDEX.
# custom: {id: SP-CA-004, severity: high, remediation: "Wait for the approval, or ask one of its approvers."}
review contains {"rule": rego.metadata.rule(), "approvers": approvers, "ttl": ttl} if {
	privileged
	held
}

privileged if "grant" in input.command.effects

privileged if sql.takes_identity

privileged if {
	"admin" in input.command.effects
	not input.command.attributes.statement in {"vacuum", "analyze", "reindex", "cluster", "checkpoint"}
}

# What is allowed

# METADATA
# title: The break-glass group works without approval
# description: |
#   People of the setting `break_glass`, in production, do what no pack denies. Who is a member, and for how long, is the
#   identity provider's business.
# custom: {id: SP-CA-100, severity: critical}
allow contains {"rule": rego.metadata.rule()} if {
	breaks_glass
	production
}

# METADATA
# title: Everybody hears of broken glass
# description: Of every command by which a member of the break-glass group does more than read.
# custom: {id: SP-CA-101, severity: critical}
notify contains {"rule": rego.metadata.rule(), "channel": channel, "message": message} if {
	breaks_glass
	production
	not sql.read_only
	not sql.housekeeping
	message := sprintf("the glass is broken: %s", [input.command.verb])
}

# METADATA
# title: Those who work here change rows
# description: The kinds of the setting `may_work` read, write, load and copy rows, and keep their sessions.
# custom: {id: SP-CA-102}
allow contains {"rule": rego.metadata.rule()} if {
	input.subject.kind in may_work
	sql.only_does({"read", "write", "delete", "bulk_load", "bulk_export", "lock", "session", "transaction"})
	not sql.takes_identity
}

# METADATA
# title: Those who work here change schemas outside of production
# description: The kinds of the setting `may_work`.
# custom: {id: SP-CA-103}
allow contains {"rule": rego.metadata.rule()} if {
	input.subject.kind in may_work
	not production
	sql.changes_schema
	sql.only_does({"read", "write", "create", "alter", "drop", "lock"})
}

# METADATA
# title: Those who work here make temporary tables
# description: The kinds of the setting `may_work`, in production as well.
# custom: {id: SP-CA-104}
allow contains {"rule": rego.metadata.rule()} if {
	input.subject.kind in may_work
	makes_temporary
}

# METADATA
# title: Administrators administer
# description: People in a group of the setting `may_administer` do what no rule denies or holds.
# custom: {id: SP-CA-105}
allow contains {"rule": rego.metadata.rule()} if {
	input.subject.kind == "human"
	subject.in_any(may_administer)
}

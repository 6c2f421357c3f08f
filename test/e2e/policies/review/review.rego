# What the specifications of approvals go by: reading is free, changes of the schema are held, deletions by agents come
# again when they are approved, and whoever writes may be let in for a while.
package policy.review

import data.sallyport.sql

allow contains "everybody reads" if sql.read_only

allow contains "drivers keep their sessions" if sql.housekeeping

# METADATA
# title: Schema changes are reviewed
# custom: {id: REVIEW-1, severity: medium}
review contains {"rule": rego.metadata.rule(), "approvers": ["keepers"], "ttl": "2m"} if {
	input.subject.kind == "human"
	sql.changes_schema
}

# METADATA
# title: What nobody can vouch for is reviewed
# custom: {id: REVIEW-2, severity: medium}
review contains {"rule": rego.metadata.rule(), "accept": "incomplete", "approvers": ["keepers"], "ttl": "2m"} if {
	input.subject.kind == "human"
	input.command.complete == false
	not "syntax_error" in input.command.reasons
}

# METADATA
# title: Agents delete with somebody's consent
# custom: {id: REVIEW-3, severity: high}
review contains {"rule": rego.metadata.rule(), "approvers": ["keepers"], "ttl": "2m", "mode": "resubmit"} if {
	input.subject.kind == "agent"
	"delete" in input.command.effects
}

# METADATA
# title: Jobs write for as long as somebody lets them
# custom: {id: REVIEW-4, severity: medium}
review contains {
	"rule": rego.metadata.rule(),
	"approvers": ["keepers"],
	"ttl": "2m",
	"window": "10m",
	"effects": ["read", "write"],
} if {
	input.subject.kind == "ci"
	"write" in input.command.effects
}

# METADATA
# title: Nobody could approve this
# custom: {id: REVIEW-5, severity: medium}
review contains {"rule": rego.metadata.rule(), "approvers": ["nobody"], "ttl": "2m"} if {
	input.subject.kind == "agent"
	"lock" in input.command.effects
}

# Whatever a person reads is approved first: what is measured is the way from the approval to the answer.
package policy.bench

import data.sallyport.sql

# METADATA
# title: People read once somebody agrees
# custom: {id: B-REVIEW}
review contains {"rule": rego.metadata.rule(), "approvers": ["keepers"], "ttl": "5m"} if {
	input.subject.kind == "human"
	sql.read_only
}

# What the specifications of limits go by: a client chooses its limit by the name of its application.
package policy.limits

allow contains {"message": "everybody may do anything", "accept": "incomplete"}

limit contains {"rows": 3} if input.client.application == "rows"

limit contains {"bytes": 4000} if input.client.application == "bytes"

limit contains {"seconds": 0.4} if input.client.application == "seconds"

limit contains {"seconds": 0.03} if {
	input.client.application == "race"
	contains(input.command.text, "race")
}

limit contains {"statements_per_minute": 5} if input.client.application == "rate"

limit contains {"session_seconds": 1} if input.client.application == "session"

limit contains {"columns": 3} if input.client.application == "columns"

# METADATA
# title: Deletions are reviewed
# custom: {id: LIMIT-REVIEW, severity: medium}
review contains {"rule": rego.metadata.rule(), "approvers": ["keepers"], "ttl": "2m"} if "delete" in input.command.effects

# What the specifications of sessions that open go by. Clients say by their application's name what they want to be given:
# that is for the tests alone, since a client may call itself as it likes.
package policy.session.opening

hour := time.clock(time.parse_rfc3339_ns(input.now))[0]

within_hours if {
	[from, until] := data.hours[input.subject.kind]
	hour >= from
	hour < until
}

allow contains "within hours" if within_hours

# METADATA
# title: Agents work by day
# custom: {id: OPEN-1, severity: high, remediation: "Come back during the day, or ask the keepers."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	not within_hours
	message := sprintf("%s does not work at this hour", [input.subject.id])
}

settings contains data.given[input.client.application]

# METADATA
# title: Two rules that do not agree
# custom: {id: OPEN-2}
settings contains {"statement_timeout": "1s", "rule": rego.metadata.rule()} if input.client.application == "torn apart"

# METADATA
# title: The other of them
# custom: {id: OPEN-3}
settings contains {"statement_timeout": "2s", "rule": rego.metadata.rule()} if input.client.application == "torn apart"

notify contains {"channel": "security", "message": "a pipeline came in"} if input.subject.kind == "ci"

limit contains {"sessions": 1} if input.client.application == "alone"

limit contains {"session_seconds": 0.5} if input.client.application == "brief"

limit contains {"rows": 5} if input.client.application == "rows"

terminate contains {"message": "not today"} if input.client.application == "terminated"

record contains "everything" if input.subject.kind == "human"

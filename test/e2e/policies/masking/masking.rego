# What the specifications of masking go by: agents see no labelled value in clear.
package policy.masking

agent if input.subject.kind == "agent"

allow contains {"message": "everybody may do anything", "accept": "incomplete"}

mask contains {"labels": ["pii"], "with": "hash"} if agent

mask contains {"columns": ["customers.card_number"], "with": "null"} if agent

mask contains {"detect": ["email"], "with": "redact"} if input.client.application == "detect"

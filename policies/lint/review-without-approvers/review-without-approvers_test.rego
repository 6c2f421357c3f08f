package custom.regal.rules.sallyport["review-without-approvers_test"]

import data.custom.regal.rules.sallyport["review-without-approvers"] as rule
import data.sallyport.lint.testing

flagged := {
	"a text": `review contains "look at this" if input.subject.kind == "agent"`,
	"no approvers": `review contains {"message": "x", "ttl": "15m"} if input.subject.kind == "agent"`,
	"no ttl": `review contains {"message": "x", "approvers": ["dba"]} if input.subject.kind == "agent"`,
	"an empty list": `review contains {"approvers": [], "ttl": "15m"} if input.subject.kind == "agent"`,
	"an empty list by name": "nobody := []\n\nreview contains {\"approvers\": nobody, \"ttl\": \"15m\"} if input.subject.kind == \"agent\"",
	"no duration": `review contains {"approvers": ["dba"], "ttl": "a quarter"} if input.subject.kind == "agent"`,
	"a number": `review contains {"approvers": ["dba"], "ttl": 15} if input.subject.kind == "agent"`,
	"no time": `review contains {"approvers": ["dba"], "ttl": "0s"} if input.subject.kind == "agent"`,
}

fine := {
	"both": `review contains {"message": "x", "approvers": ["dba"], "ttl": "15m"} if input.subject.kind == "agent"`,
	"approvers from data": `review contains {"approvers": data.shop.approvers, "ttl": "1h30m"} if input.subject.kind == "agent"`,
	"by variables": "review contains {\"approvers\": who, \"ttl\": long} if {\n\twho := data.shop.approvers\n\tlong := data.shop.ttl\n}",
	"an entry from elsewhere": `review contains entry if some entry in data.shop.reviews`,
	"a union": `review contains object.union({"ttl": "15m"}, data.shop.review) if input.subject.kind == "agent"`,
	"another effect": `deny contains "x" if input.subject.kind == "agent"`,
	"a list by name": "who := [\"dba\"]\n\nreview contains {\"approvers\": who, \"ttl\": \"15m\"} if input.subject.kind == \"agent\"",
}

test_flagged if {
	missed := {name | some name, text in flagged; count(rule.report) != 1 with input as testing.policy(text)}
	missed == set()
}

test_fine if {
	wrong := {name | some name, text in fine; count(rule.report) > 0 with input as testing.policy(text)}
	wrong == set()
}
